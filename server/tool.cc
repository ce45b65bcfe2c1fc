// cordwood: the offline tool. Works on the directory of a server that is not running.
//
//   cordwood check DIR      verify every file; exits 0 if the store is sound, 3 if it is not

#include <iostream>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/posix_env.h"
#include "server/exit_codes.h"
#include "server/version.h"
#include "storage/check.h"

namespace cordwood::server {
namespace {

constexpr const char* kUsage =
    "cordwood: the offline tool of the Cordwood server\n"
    "\n"
    "  cordwood check DIR    verify every file of a store that is not open\n"
    "  cordwood --version\n";

int Exit(ExitCode code) { return static_cast<int>(code); }

int FailWith(const Error& error) {
  std::cerr << "cordwood: " << error.message() << '\n';
  return Exit(error.code() == ErrorCode::kLocked ? ExitCode::kLocked : ExitCode::kIo);
}

int Check(const std::string& dir) {
  const std::unique_ptr<Env> env = NewPosixEnv({});
  const Result<storage::CheckReport> report =
      storage::CheckStore(*env, dir, [](const std::string& line) { std::cerr << line << '\n'; });
  if (!report) return FailWith(report.error());
  std::cout << Format(
      "{} tables with {} entries in {} runs, {} bytes; {} log segments, {} groups to replay, "
      "newest "
      "seq {}\n",
      report->tables, report->entries, report->runs, report->table_bytes, report->segments,
      report->log_frames_to_replay, report->newest_seq);
  if (report->torn_bytes > 0) {
    std::cout << Format(
        "{} bytes at the log's end were never acknowledged; the next start puts them aside\n",
        report->torn_bytes);
  }
  for (const std::string& name : report->leftovers) {
    std::cout << "left over, removed at the next start: " << name << '\n';
  }
  for (const std::string& problem : report->problems) std::cout << "damaged: " << problem << '\n';
  if (!report->problems.empty()) {
    std::cout << "the store is damaged: restore these files, or the whole store, from a backup\n";
    return Exit(ExitCode::kCorruption);
  }
  std::cout << "sound\n";
  return Exit(ExitCode::kOk);
}

int Tool(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "check") return Check(arguments[1]);
  if (arguments.size() == 1 && (arguments[0] == "--version" || arguments[0] == "-v")) {
    std::cout << "cordwood " << kVersion << '\n';
    return Exit(ExitCode::kOk);
  }
  const bool asked = arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h");
  (asked ? std::cout : std::cerr) << kUsage;
  return Exit(asked ? ExitCode::kOk : ExitCode::kUsage);
}

}  // namespace
}  // namespace cordwood::server

int main(int argc, char** argv) {
  return cordwood::server::Tool(std::vector<std::string>(argv + 1, argv + argc));
}
