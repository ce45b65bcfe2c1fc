#include "tests/storage/table/entry_model.h"

#include <gtest/gtest.h>

#include <iterator>
#include <memory>

namespace cordwood::storage {
namespace {

void ExpectAt(const EntryIterator& iterator, const EntryModel& model,
              EntryModel::const_iterator at) {
  ASSERT_TRUE(iterator.status()) << iterator.status().error().message();
  ASSERT_EQ(iterator.Valid(), at != model.end());
  if (!iterator.Valid()) return;
  ASSERT_EQ(iterator.key(), at->first.first);
  ASSERT_EQ(iterator.trailer(), at->first.second);
  ASSERT_EQ(iterator.value(), at->second);
}

EntryModel::const_iterator LastOf(const EntryModel& model) {
  return model.empty() ? model.end() : std::prev(model.end());
}

}  // namespace

std::string RandomKey(Random& random) {
  static constexpr char kBytes[] = {'\0', 'a', 'b', '\xff'};
  std::string key = random.OneIn(3) ? "a common beginning/" : "";
  for (uint64_t size = random.Below(6); size > 0; --size) key += kBytes[random.Below(4)];
  return key;
}

EntryModel RandomModel(Random& random, int count) {
  EntryModel model;
  for (int i = 0; i < count; ++i) {
    const Seq seq = random.OneIn(20) ? random.Below(kMaxSeq + 1) : random.Below(300);
    const Tag tag{.is_put = !random.OneIn(4),
                  .assumption = static_cast<uint8_t>(random.OneIn(5) ? random.Below(128) : 0)};
    std::string value;
    if (tag.is_put) {
      // Compressible, as half of it repeats.
      const uint64_t size = random.OneIn(40) ? random.Below(3000) : random.Below(30);
      while (value.size() < size) value += value.size() % 2 == 0 ? 'v' : static_cast<char>(i);
    }
    model.emplace(EntryKey(RandomKey(random), PackTrailer(seq, tag)), value);
  }
  return model;
}

EntryModel::const_iterator FindInModel(const EntryModel& model, const std::string& key,
                                       Seq at_most) {
  const auto at = model.lower_bound(EntryKey(key, SeekTrailer(at_most)));
  return at != model.end() && at->first.first == key ? at : model.end();
}

void ExpectSameWalk(EntryIterator& iterator, const EntryModel& model, Random& random, int steps) {
  auto at = model.begin();
  iterator.SeekToFirst();
  for (int step = 0; step < steps; ++step) {
    ASSERT_NO_FATAL_FAILURE(ExpectAt(iterator, model, at)) << "step " << step;
    if (!iterator.Valid() || random.OneIn(6)) {
      if (random.OneIn(8)) {
        iterator.SeekToLast();
        at = LastOf(model);
      } else if (random.OneIn(3)) {
        const EntryKey key(RandomKey(random), PackTrailer(random.Below(320), Tag{}));
        iterator.SeekBefore(key.first, key.second);
        at = model.lower_bound(key);
        at = at == model.begin() ? model.end() : std::prev(at);
      } else {
        const EntryKey key(RandomKey(random), PackTrailer(random.Below(320), Tag{}));
        iterator.Seek(key.first, key.second);
        at = model.lower_bound(key);
      }
    } else if (random.OneIn(2)) {
      iterator.Next();
      ++at;
    } else {
      iterator.Prev();
      at = at == model.begin() ? model.end() : std::prev(at);
    }
  }
}

void ExpectSameEntries(EntryIterator& iterator, const EntryModel& model) {
  iterator.SeekToFirst();
  for (auto at = model.begin(); at != model.end(); ++at, iterator.Next()) {
    ASSERT_NO_FATAL_FAILURE(ExpectAt(iterator, model, at));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectAt(iterator, model, model.end()));
  iterator.SeekToLast();
  for (auto at = model.rbegin(); at != model.rend(); ++at, iterator.Prev()) {
    ASSERT_NO_FATAL_FAILURE(ExpectAt(iterator, model, std::prev(at.base())));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectAt(iterator, model, model.end()));
}

TableProperties BuildTable(Env& env, const std::string& path, uint64_t file_number,
                           const EntryModel& model, const TableBuilderOptions& options,
                           const std::function<void(TableBuilder&)>& more) {
  Result<std::unique_ptr<File>> file = env.Open(path, OpenMode::kCreate);
  if (!file) {
    ADD_FAILURE() << file.error().message();
    return {};
  }
  TableBuilder builder(std::move(*file), {.number = file_number, .salt = kTestSalt}, options);
  for (const auto& [key, value] : model) {
    const Status status = builder.Add(key.first, key.second, value);
    EXPECT_TRUE(status) << status.error().message();
  }
  more(builder);
  Result<TableProperties> properties = builder.Finish();
  EXPECT_TRUE(properties) << properties.error().message();
  return properties ? *properties : TableProperties();
}

}  // namespace cordwood::storage
