#include "storage/visible_iterator.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/memtable/memtable.h"

namespace cordwood::storage {
namespace {

constexpr Tag kPut{.is_put = true};

std::unique_ptr<EntryIterator> IteratorOf(const Memtable& memtable) {
  std::vector<std::unique_ptr<EntryIterator>> lists;
  memtable.AppendIterators(lists);
  EXPECT_EQ(lists.size(), 1u);
  return std::move(lists.front());
}

/// Passes on another one, and calls back after every search.
class Observed final : public EntryIterator {
 public:
  Observed(std::unique_ptr<EntryIterator> inner, std::function<void()> after_search)
      : inner_(std::move(inner)), after_search_(std::move(after_search)) {}

  bool Valid() const override { return inner_->Valid(); }
  Status status() const override { return inner_->status(); }
  void SeekToFirst() override { inner_->SeekToFirst(); }
  void SeekToLast() override { inner_->SeekToLast(); }
  void Seek(std::string_view key, uint64_t trailer) override {
    inner_->Seek(key, trailer);
    after_search_();
  }
  void SeekBefore(std::string_view key, uint64_t trailer) override {
    inner_->SeekBefore(key, trailer);
    after_search_();
  }
  void Next() override { inner_->Next(); }
  void Prev() override { inner_->Prev(); }
  std::string_view key() const override { return inner_->key(); }
  uint64_t trailer() const override { return inner_->trailer(); }
  std::string_view value() const override { return inner_->value(); }

 private:
  const std::unique_ptr<EntryIterator> inner_;
  const std::function<void()> after_search_;
};

TEST(VisibleIterator, SeekBeforeStaysBeforeTheKeyWhileAWriterAddsBehindIt) {
  Memtable memtable;
  memtable.Add(1, kPut, "a", "");
  memtable.Add(2, kPut, "z", "");
  Seq seq = 2;
  VisibleIterator walk(std::make_unique<Observed>(IteratorOf(memtable),
                                                  [&] {
                                                    ++seq;
                                                    memtable.Add(seq, kPut,
                                                                 "x" + std::to_string(seq), "");
                                                  }),
                       kMaxSeq);
  walk.SeekBefore("k");
  ASSERT_TRUE(walk.Valid());
  EXPECT_EQ(walk.key(), "a");
}

}  // namespace
}  // namespace cordwood::storage
