#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/check.h"

namespace cordwood::support {

TempDir::TempDir() {
  std::error_code error;
  std::filesystem::path base = std::filesystem::temp_directory_path(error);
  if (error) base = "/tmp";
  path_ = (base / "cordwood_test_XXXXXX").string();
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TempDir::~TempDir() {
  // A leftover directory is a nuisance, not a failed test.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cordwood::support
