// cordwood: the offline tool. Works on the directory of a server that is not running.
//
//   cordwood check DIR      verify every file; exits 0 if the store is sound, 3 if it is not, 6 if
//                           this version does not know its format
//   cordwood repair --accept-loss DIR
//                           give up what the log lost, and keep the rest; exits 0 when it is done

#include <iostream>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/posix_env.h"
#include "keyspace/core/counters.h"
#include "server/exit_codes.h"
#include "server/version.h"
#include "storage/check.h"
#include "storage/repair.h"

namespace cordwood::server {
namespace {

constexpr const char* kUsage =
    "cordwood: the offline tool of the Cordwood server\n"
    "\n"
    "  cordwood check DIR    verify every file of a store that is not open\n"
    "  cordwood repair --accept-loss DIR\n"
    "                        give up what the log of such a store lost, and keep the rest\n"
    "  cordwood --version\n";

int Exit(ExitCode code) { return static_cast<int>(code); }

int FailWith(const Error& error) {
  std::cerr << "cordwood: " << error.message() << '\n';
  return Exit(error.code() == ErrorCode::kLocked ? ExitCode::kLocked : ExitCode::kIo);
}

void PrintCounts(const storage::CheckReport& report) {
  std::cout << Format(
      "{} tables with {} entries in {} runs, {} bytes; {} log segments, {} groups to replay, "
      "newest seq {}\n",
      report.tables, report.entries, report.runs, report.table_bytes, report.segments,
      report.log_frames_to_replay, report.newest_seq);
  if (report.torn_bytes > 0) {
    std::cout << Format(
        "{} bytes at the log's end were never acknowledged; the next start puts them aside\n",
        report.torn_bytes);
  }
  for (const std::string& name : report.leftovers) {
    std::cout << "left over, removed at the next start: " << name << '\n';
  }
}

ExitCode Judge(const storage::CheckReport& report) {
  for (const std::string& problem : report.problems) std::cout << "damaged: " << problem << '\n';
  for (const std::string& text : report.unsupported)
    std::cout << "unknown format: " << text << '\n';
  if (!report.problems.empty()) {
    std::cout << "the store is damaged: restore these files, or all of it, from a backup\n";
    return ExitCode::kCorruption;
  }
  if (!report.unsupported.empty()) {
    std::cout << "this version does not know the format: check it with the one that wrote it\n";
    return ExitCode::kUnsupported;
  }
  std::cout << "sound\n";
  return ExitCode::kOk;
}

int Check(const std::string& dir) {
  const std::unique_ptr<Env> env = NewPosixEnv({});
  const Result<storage::CheckReport> report =
      storage::CheckStore(*env, dir, [](const std::string& line) { std::cerr << line << '\n'; });
  if (!report) return FailWith(report.error());
  PrintCounts(*report);
  return Exit(Judge(*report));
}

int Repair(const std::string& dir) {
  const std::unique_ptr<Env> env = NewPosixEnv({});
  const keyspace::KeyCounting counting;
  const Result<storage::RepairReport> report =
      storage::RepairLog(*env, dir, {.counting = &counting});
  if (!report) return FailWith(report.error());
  for (const std::string& path : report->set_aside) {
    std::cout << "set aside what was no file: it is " << path << " now\n";
  }
  if (report->lost_anything()) {
    std::cout << Format("gave up seqs {} to {}: all that was written from then on\n",
                        report->kept_seq + 1, report->last_seq);
  } else {
    std::cout
        << "what is left shows no loss; where parts of the log are gone, what they held last is "
           "lost, and nothing tells how much\n";
  }
  std::cout << Format("the store opens again, with everything up to seq {}\n", report->kept_seq);
  return Exit(ExitCode::kOk);
}

int Tool(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "check") return Check(arguments[1]);
  if (arguments.size() == 3 && arguments[0] == "repair" && arguments[1] == "--accept-loss") {
    return Repair(arguments[2]);
  }
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
