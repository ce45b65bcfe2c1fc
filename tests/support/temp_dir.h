#pragma once

// A real directory for tests of the real environment: new, empty, and gone with its object.
//
// Threads: one. Aborts when the operating system refuses to create it.

#include <string>
#include <string_view>

namespace cordwood::support {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace cordwood::support
