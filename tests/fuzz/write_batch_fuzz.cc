// Operations read from bytes lie within them, and are the same when a batch is made of them.

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "storage/write_batch.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using storage::Op;
using storage::OpKind;
using storage::OpReader;
using storage::WriteBatch;

bool Within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void Append(WriteBatch& batch, const Op& op) {
  switch (op.kind) {
    case OpKind::kPut:
      return batch.Put(op.key, op.value, op.assumption);
    case OpKind::kDelete:
      return batch.Delete(op.key, op.assumption);
    case OpKind::kDropRange:
      return batch.DropRange(op.key, op.value);
    case OpKind::kCount:
      return batch.Count(op.counter, op.delta);
    case OpKind::kNote:
      return batch.Note(op.key);
  }
  CHECK(false);  // an operation of no kind
}

bool Same(const Op& a, const Op& b) {
  return a.kind == b.kind && a.assumption == b.assumption && a.key == b.key && a.value == b.value &&
         a.counter == b.counter && a.delta == b.delta;
}

/// The operations up to the first one that makes no sense; what is left is kept in `rest`.
std::vector<Op> ReadOps(std::string_view bytes, std::string_view* rest) {
  std::vector<Op> ops;
  OpReader reader(bytes);
  while (!reader.done()) {
    const std::string_view before = reader.rest();
    const Result<Op> op = reader.Next();
    if (!op) {
      CHECK(op.error().code() == ErrorCode::kCorruption && reader.rest() == before);
      break;
    }
    CHECK(reader.rest().size() < before.size());
    ops.push_back(*op);
  }
  *rest = reader.rest();
  return ops;
}

}  // namespace

std::vector<std::string> Corpus() {
  WriteBatch all;
  all.Put("key", "value");
  all.Put("", "", storage::kMaxAssumption);
  all.Delete("key of a tombstone", 1);
  all.DropRange("begin", "end");
  all.DropRange("open", "");
  all.Count(12, -7);
  all.Count(UINT64_MAX, INT64_MIN);
  all.Note(std::string(200, 'n'));
  WriteBatch large;
  large.Put(std::string(300, 'k'), std::string(3000, 'v'));
  return {all.bytes(), large.bytes(), ""};
}

std::vector<std::string> Dictionary() {
  return {"\1",
          "\2",
          "\3",
          "\4",
          "\5",
          std::string("\1\0", 2),
          "\xff\xff\xff\xff\x0f",
          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  const std::string_view bytes = View(data, size);
  std::string_view rest;
  const std::vector<Op> ops = ReadOps(bytes, &rest);
  WriteBatch batch;
  for (const Op& op : ops) {
    CHECK(Within(op.key, bytes) && Within(op.value, bytes));
    Append(batch, op);
  }
  CHECK(batch.count() == ops.size() && batch.bytes().size() <= size - rest.size());
  const std::vector<Op> again = ReadOps(batch.bytes(), &rest);
  CHECK(rest.empty() && again.size() == ops.size());
  for (size_t i = 0; i < ops.size(); ++i) CHECK(Same(again[i], ops[i]));
  return 0;
}
