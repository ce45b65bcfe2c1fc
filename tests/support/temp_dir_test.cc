#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cordwood::support {
namespace {

TEST(TempDir, IsNewAndGoneWithItsObject) {
  std::string path;
  {
    const TempDir dir;
    const TempDir other;
    path = dir.path();
    EXPECT_NE(path, other.path());
    EXPECT_TRUE(std::filesystem::is_empty(path));
    std::filesystem::create_directory(dir / "sub");
    std::ofstream(dir / "sub/file") << "x";
    EXPECT_TRUE(std::filesystem::exists(dir / "sub/file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace cordwood::support
