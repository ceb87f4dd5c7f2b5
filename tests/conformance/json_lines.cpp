#include "tests/conformance/json_lines.hpp"

#include <fstream>
#include <sstream>
#include <string_view>

namespace pharos::conformance {

Result<std::string> read_case_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::not_found, file + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

Result<std::vector<CaseResult>> for_each_row(const std::string& file, const std::function<std::string(const codec::Json&)>& run) {
  const auto text = TRY(read_case_file(file));
  std::vector<CaseResult> out;
  std::string_view rest = text;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    const auto row_text = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (row_text.find_first_not_of(" \t\r") == row_text.npos) continue;
    CaseResult result{.id = file + ":" + std::to_string(line)};
    const auto row = codec::Json::parse(row_text);
    if (!row) {
      result.reason = "the row is not JSON: " + row.error().message;
    } else {
      if (const auto& name = (*row)["name"].string(); !name.empty()) result.id += " " + name;
      result.reason = run(*row);
      result.pass = result.reason.empty();
    }
    out.push_back(std::move(result));
  }
  return out;
}

std::string decode_base64(const std::string& text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto digit = kAlphabet.find(c);
    if (digit == kAlphabet.npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return out;
}

std::string input_of(const codec::Json& row) {
  if (const auto* encoded = row.find("input_base64")) return decode_base64(encoded->string());
  return row["input"].string();
}

}  // namespace pharos::conformance
