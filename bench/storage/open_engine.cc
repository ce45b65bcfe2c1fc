#include "bench/storage/open_engine.h"

#include "base/check.h"
#include "base/format.h"
#include "bench/storage/cordwood_engine.h"
#ifdef CORDWOOD_BENCH_LEVELDB
#include "bench/storage/leveldb_engine.h"
#endif
#ifdef CORDWOOD_BENCH_ROCKSDB
#include "bench/storage/rocksdb_engine.h"
#endif

namespace cordwood::bench {
namespace {

struct EngineKind {
  std::string_view name;
  std::string_view package;
  std::unique_ptr<Engine> (*open)(const EngineOptions&);  // null: it was not built in
};

constexpr EngineKind kEngines[] = {
    {.name = "cordwood", .package = "", .open = OpenCordwood},
#ifdef CORDWOOD_BENCH_ROCKSDB
    {.name = "rocksdb", .package = "librocksdb-dev", .open = OpenRocksDb},
#else
    {.name = "rocksdb", .package = "librocksdb-dev", .open = nullptr},
#endif
#ifdef CORDWOOD_BENCH_LEVELDB
    {.name = "leveldb", .package = "libleveldb-dev", .open = OpenLevelDb},
#else
    {.name = "leveldb", .package = "libleveldb-dev", .open = nullptr},
#endif
};

}  // namespace

Status CheckEngine(const std::string& name) {
  for (const EngineKind& kind : kEngines) {
    if (kind.name != name) continue;
    if (kind.open != nullptr) return {};
    return Fail(ErrorCode::kUnsupported,
                Format("this program was built without {0}. Install {1} (scripts/install bench), "
                       "then run cmake --preset release and build storage_bench again",
                       name, kind.package));
  }
  return Fail(ErrorCode::kInvalidArgument,
              Format("--engine is cordwood, rocksdb or leveldb, not '{}'", name));
}

std::unique_ptr<Engine> OpenEngine(const std::string& name, const EngineOptions& options) {
  for (const EngineKind& kind : kEngines) {
    if (kind.name == name && kind.open != nullptr) return kind.open(options);
  }
  CHECK(false);
}

}  // namespace cordwood::bench
