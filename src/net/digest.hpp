// SHA-256, alone and keyed, MD5, and hexadecimal and base64 text of bytes.
#pragma once
#include <string>
#include <string_view>

namespace pharos::net {

std::string sha256(std::string_view bytes);  // 32 bytes
std::string md5(std::string_view bytes);     // 16 bytes; to tell files apart, nothing else
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string hex(std::string_view bytes);  // lower case
std::string base64(std::string_view bytes);

}  // namespace pharos::net
