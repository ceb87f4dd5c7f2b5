// Tables of dashboards/ and how their rows become values. Internal to the module.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/database.hpp"
#include "dashboards/dashboard_store.hpp"

namespace pharos::dashboards {

std::span<const std::string_view> dashboard_tables();

// The columns that info_of reads, in its order, for "SELECT … FROM dashboards d".
inline constexpr std::string_view kInfoColumns =
    "d.id, d.uid, d.title, d.slug, d.folder_uid, d.tags, d.version, d.created_ms, d.updated_ms, "
    "d.provisioned, d.editable, d.source_hash, EXISTS(SELECT 1 FROM dashboard_stars s WHERE s.uid "
    "= d.uid)";
inline constexpr int kInfoColumnCount = 13;
DashboardInfo info_of(const DatabaseStatement& row);
Folder folder_of(const DatabaseStatement&
                     row);  // "SELECT id, uid, title, parent_uid, version, created_ms, updated_ms"
inline constexpr std::string_view kFolderColumns =
    "id, uid, title, parent_uid, version, created_ms, updated_ms";

std::string tags_text(const std::vector<std::string>& tags);
std::vector<std::string> read_tags(std::string_view text);

}  // namespace pharos::dashboards
