#include "server/runbooks.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace pharos::server {
namespace {

struct Runbooks : testing::Test {
  std::string folder;
  Runbooks() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pharos-runbooks-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~Runbooks() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder + "/" + name, std::ios::binary) << text;
  }
};

TEST_F(Runbooks, ArePagesOfAFolderAsTheyAreNow) {
  write("Disk_Full-2.md", "# Full\n");
  EXPECT_EQ(*read_runbook(folder, "Disk_Full-2.md"), "# Full\n");
  write("Disk_Full-2.md", "# Fuller\n");
  EXPECT_EQ(*read_runbook(folder, "Disk_Full-2.md"), "# Fuller\n");
}

TEST_F(Runbooks, NothingOutsideTheFolderAndNothingHiddenIsRead) {
  write(".hidden.md", "x");
  for (const char* name : {"../secret.md", "/etc/passwd", ".hidden.md", "a/b.md", "page.txt", ".md",
                           "", "a\nb.md", "..md/../x.md"}) {
    const auto got = read_runbook(folder, name);
    ASSERT_FALSE(got) << name;
    EXPECT_EQ(got.error().code, Errc::invalid) << name;
  }
}

TEST_F(Runbooks, WhatIsMissingIsNotFoundAndWhatIsTooLongIsRefused) {
  EXPECT_EQ(read_runbook(folder, "None.md").error().code, Errc::not_found);
  EXPECT_EQ(read_runbook("", "None.md").error().code, Errc::not_found);
  std::filesystem::create_directory(folder + "/Folder.md");
  EXPECT_EQ(read_runbook(folder, "Folder.md").error().code, Errc::not_found);
  write("Most.md", std::string(kRunbookBytesMax, 'a'));
  EXPECT_EQ(read_runbook(folder, "Most.md")->size(), kRunbookBytesMax);
  write("Long.md", std::string(kRunbookBytesMax + 1, 'a'));
  EXPECT_EQ(read_runbook(folder, "Long.md").error().code, Errc::limit);
}

}  // namespace
}  // namespace pharos::server
