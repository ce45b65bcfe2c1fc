// The storage engine by itself, and RocksDB and LevelDB under the same load:
//
//   storage_bench --engine=cordwood --benchmarks=fillrandom,compact,readrandom --num=5000000
//
// Runs the benchmarks one after the other on one database, and prints a row for each. The names are
// db_bench's; what each means stands in bench/README.md.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "bench/storage/failure.h"
#include "bench/storage/measure.h"
#include "bench/storage/open_engine.h"
#include "bench/storage/options.h"
#include "bench/storage/workload.h"

namespace cordwood::bench {
namespace {

// What the other engines have no such part for.
constexpr std::string_view kOwnRow = "memtableadd";

/// Where the data lies: as the options say, or in a directory that goes with this.
class DataDirectory {
 public:
  explicit DataDirectory(const std::string& wanted) : path_(wanted), is_kept_(!wanted.empty()) {
    if (is_kept_) {
      std::error_code error;
      std::filesystem::create_directories(path_, error);
      if (error) EndWith(Format("cannot make {}: {}", path_, error.message()));
      return;
    }
    const char* parent = std::getenv("BENCH_DIR");
    path_ = Format("{}/storage_bench.XXXXXX", parent != nullptr ? parent : "/tmp");
    if (mkdtemp(path_.data()) == nullptr) EndWith(Format("cannot make {}", path_));
  }
  ~DataDirectory() {
    std::error_code ignored;
    if (!is_kept_) std::filesystem::remove_all(path_, ignored);
  }
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  const bool is_kept_;
};

std::vector<Workload> WorkloadsOf(const BenchOptions& options) {
  std::vector<Workload> workloads;
  for (const std::string& name : options.benchmarks) {
    std::optional<Workload> workload = FindWorkload(name);
    if (!workload) EndWith(Format("no benchmark '{}'; there are {}", name, WorkloadNames()));
    if (name == kOwnRow && options.engine != "cordwood") {
      EndWith(Format("{} is a row of Cordwood's alone", name));
    }
    workloads.push_back(*std::move(workload));
  }
  return workloads;
}

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int Run(const BenchOptions& options) {
  Must(CheckEngine(options.engine));
  const std::vector<Workload> workloads = WorkloadsOf(options);
  const DataDirectory dir(options.dir);
  EngineOptions engine_options = options.engine_options;
  engine_options.dir = dir.path() + "/" + options.engine;
  const ValuePool values(options.seed, options.value_bytes);
  const std::unique_ptr<Engine> engine = OpenEngine(options.engine, engine_options);
  const Context context{.options = options, .engine = *engine, .values = values};
  for (const Workload& workload : workloads) {
    if (workload.kind == WorkKind::kState) {
      workload.run(context);
      continue;
    }
    const Row row = Measure(workload, context, dir.path());
    Print(options.json ? RowJson(row) : RowText(row));
  }
  return 0;
}

}  // namespace
}  // namespace cordwood::bench

int main(int argc, char** argv) {
  const auto arguments = std::span<char* const>(argv, static_cast<size_t>(argc)).subspan(1);
  const cordwood::Result<cordwood::bench::BenchOptions> options =
      cordwood::bench::ParseOptions(arguments);
  if (!options) {
    std::fprintf(stderr, "storage_bench: %s\n%s", options.error().message().c_str(),
                 cordwood::bench::UsageText().c_str());
    return 2;
  }
  return cordwood::bench::Run(*options);
}
