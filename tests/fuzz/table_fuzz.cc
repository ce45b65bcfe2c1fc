// A table file of any bytes; the first one says whether its checksums are made right before.
//
// It is opened or refused with its name and a place. An open one that VerifyAll finds sound is a
// sorted list as long as its properties say, to walks in both directions and to searches; of one
// that is not, every answer is an answer or an error that names the place.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "storage/table/table.h"
#include "storage/table/table_builder.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/seal.h"
#include "tests/support/sim_env.h"

namespace cordwood::fuzz {
namespace {

using storage::EntryIterator;
using storage::PackTrailer;
using storage::Table;
using storage::TableBuilder;
using storage::TableBuilderOptions;
using support::SimEnv;

constexpr const char* kPath = "000012.sst";
constexpr uint64_t kNumber = 12;

struct Entry {
  std::string key;
  uint64_t trailer = 0;
  std::string value;

  friend bool operator==(const Entry&, const Entry&) = default;
};

void CheckNamesThePlace(const Error& error) {
  CHECK(error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kUnsupported);
  const std::string& message = error.message();
  const size_t at = message.find(" at ");
  CHECK(message.starts_with("table 000012.sst: ") && at != std::string::npos);
  CHECK(message.size() > at + 4 && message[at + 4] >= '0' && message[at + 4] <= '9');
}

Entry At(const EntryIterator& it) {
  return {.key = std::string(it.key()), .trailer = it.trailer(), .value = std::string(it.value())};
}

/// How a walk ended: by an error, or at the end of the table.
bool EndedWell(const EntryIterator& it) {
  if (it.status()) return true;
  CheckNamesThePlace(it.status().error());
  return false;
}

std::vector<Entry> Forwards(const Table& table, bool* whole) {
  std::vector<Entry> entries;
  const std::unique_ptr<EntryIterator> it = table.NewIterator({});
  for (it->SeekToFirst(); it->Valid(); it->Next()) entries.push_back(At(*it));
  *whole = EndedWell(*it);
  return entries;
}

std::vector<Entry> Backwards(const Table& table, bool* whole) {
  std::vector<Entry> entries;
  const std::unique_ptr<EntryIterator> it = table.NewIterator({});
  for (it->SeekToLast(); it->Valid(); it->Prev()) entries.push_back(At(*it));
  *whole = EndedWell(*it);
  return entries;
}

void CheckSearches(const Table& table, const std::vector<Entry>& entries, bool sound) {
  const size_t step = 1 + entries.size() / 16;
  for (size_t i = 0; i < entries.size(); i += step) {
    const Entry& entry = entries[i];
    const auto found = table.Get(entry.key, storage::TrailerSeq(entry.trailer), {});
    const std::unique_ptr<EntryIterator> it = table.NewIterator({});
    it->Seek(entry.key, entry.trailer);
    if (!sound) {
      if (!found) CheckNamesThePlace(found.error());
      EndedWell(*it);
      continue;
    }
    // Of two entries that differ in their tags only, Get may find the first.
    CHECK(found && *found && (*found)->seq == storage::TrailerSeq(entry.trailer));
    CHECK(it->Valid() && At(*it) == entry);
    CHECK(table.MayContain(entry.key));
  }
}

void CheckTable(const Table& table) {
  bool whole = false;
  bool whole_backwards = false;
  const std::vector<Entry> entries = Forwards(table, &whole);
  std::vector<Entry> backwards = Backwards(table, &whole_backwards);
  const Status verified = table.VerifyAll();
  if (!verified) CheckNamesThePlace(verified.error());
  CheckSearches(table, entries, verified.has_value());
  if (!verified) return;
  CHECK(whole && whole_backwards);
  CHECK(entries.size() == table.properties().entries);
  std::ranges::reverse(backwards);
  CHECK(entries == backwards);
  for (size_t i = 1; i < entries.size(); ++i) {
    CHECK(storage::CompareEntries(entries[i - 1].key, entries[i - 1].trailer, entries[i].key,
                                  entries[i].trailer) < 0);
  }
}

/// `versions` of each of `keys` keys.
std::string Sample(int keys, int versions, const TableBuilderOptions& options) {
  SimEnv env(1);
  TableBuilder builder(*env.Open(kPath, OpenMode::kCreate), {.number = kNumber, .salt = 7},
                       options);
  for (int key = 0; key < keys; ++key) {
    for (int version = versions; version > 0; --version) {
      const bool is_put = (key + version) % 5 != 0;
      const std::string value(is_put ? static_cast<size_t>(key % 11) : 0, 'v');
      CHECK(builder.Add("key:" + std::to_string(100 + key),
                        PackTrailer(static_cast<storage::Seq>(version), {.is_put = is_put}),
                        value));
    }
  }
  if (keys % 2 == 0) builder.AddDeadRange({.begin = "key:2", .end = "key:3", .seq = 99});
  CHECK(builder.Finish());
  return *env.ReadRaw(kPath);
}

}  // namespace

std::vector<std::string> Corpus() {
  std::vector<std::string> corpus;
  for (const std::string& file : {
           Sample(0, 0, {}),
           Sample(1, 1, {.bloom_bits_per_key = 0}),
           Sample(30, 1, {.block_bytes = 100}),
           Sample(10, 9, {.block_bytes = 80}),
           Sample(60, 2, {.block_bytes = 400, .compress = true}),
       }) {
    // Sealed three times of four: others rarely get behind a checksum.
    corpus.push_back("0" + file);
    for (int i = 0; i < 3; ++i) corpus.push_back("1" + file);
  }
  return corpus;
}

std::vector<std::string> Dictionary() {
  return {std::string("CWTABLE\0", 8), std::string(8, '\0'), "key:", "\xff\xff\xff\xff\x0f"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  if (size == 0) return 0;
  std::string file(View(data, size).substr(1));
  if (data[0] & 1) cordwood::support::SealTable(file);
  SimEnv env(1);
  CHECK(env.WriteRaw(kPath, std::move(file)));
  const auto table = Table::Open(env, kPath, kNumber, nullptr);
  if (table) {
    CheckTable(**table);
  } else {
    CheckNamesThePlace(table.error());
  }
  return 0;
}
