// The state that the rows behind them meet. Nothing here is measured; what came of it is printed
// with each row, because engines differ in what they let themselves be told.

#include <algorithm>
#include <set>
#include <vector>

#include "bench/storage/drain.h"
#include "bench/storage/workload.h"

namespace cordwood::bench {
namespace {

constexpr double kFull = 0.95;
// Of a batch. Of single puts, a log that pads its frames might be full before the memtable is.
constexpr size_t kPutTogether = 64;

// Overwrites random entries until the memtable is full, but not flushed.
void OverwriteUntilFull(const Context& context, Random& random, ValueSource& values) {
  const std::unique_ptr<Client> client = context.engine.NewClient();
  const uint64_t together = std::min<uint64_t>(kPutTogether, context.options.num);
  std::vector<Entry> entries;
  while (context.engine.MemtableFill() < kFull) {
    std::set<uint64_t> numbers;
    while (numbers.size() < together) numbers.insert(random.Below(context.options.num));
    entries.resize(numbers.size());
    auto entry = entries.begin();
    for (const uint64_t number : numbers) {
      SetKey(number, entry->key);
      entry->value = values.Next();
      ++entry;
    }
    client->PutTogether(entries);
  }
}

}  // namespace

Work Compact(const Context& context) {
  context.engine.CompactEverything();
  Drain(context.engine);
  return {};
}

Work FillMemtable(const Context& context) {
  Random random = RandomFor(context, "fillmemtable");
  ValueSource values(context.values);
  OverwriteUntilFull(context, random, values);
  return {};
}

// On top of one run that holds everything else.
Work FlushRuns(const Context& context, uint64_t runs) {
  Compact(context);
  context.engine.HoldMerges();
  Random random = RandomFor(context, "flushruns");
  ValueSource values(context.values);
  std::string key;
  for (; runs > 0; --runs) {
    OverwriteUntilFull(context, random, values);
    SetKey(random.Below(context.options.num), key);
    context.engine.PutAndFlush(key, values.Next());
    Drain(context.engine);
  }
  return {};
}

}  // namespace cordwood::bench
