// Versions under readers; under ThreadSanitizer a missing order between the two shows.

#include "storage/version/version_cell.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace cordwood::storage {
namespace {

class VersionCellTest : public ::testing::Test {
 protected:
  void Publish() {
    const auto tree = std::make_shared<const Tree>();
    trees_.push_back(tree);
    cell_.Publish(std::make_unique<Version>(Version{.tree = tree}));
  }
  /// Whether the version that was published as number `index` is still there.
  bool Lives(size_t index) const { return !trees_.at(index).expired(); }

  std::vector<std::weak_ptr<const Tree>> trees_;
  VersionCell cell_;
};

TEST_F(VersionCellTest, AVersionThatNobodyReadsGoesWithTheSweepAfterItWasReplaced) {
  Publish();
  cell_.Sweep();
  EXPECT_TRUE(Lives(0));
  Publish();
  EXPECT_TRUE(Lives(0)) << "whoever publishes may be in a hurry";
  cell_.Sweep();
  EXPECT_FALSE(Lives(0));
  EXPECT_TRUE(Lives(1));
  EXPECT_EQ(cell_.Latest().tree, trees_[1].lock());
}

TEST_F(VersionCellTest, APinnedVersionStaysUntilItIsUnpinned) {
  Publish();
  VersionCell::Slot& slot = cell_.TakeSlot();
  const VersionCell::Pinned pinned = cell_.Pin(slot, [] { return Seq{5}; });
  EXPECT_EQ(pinned.version->tree, trees_[0].lock());
  EXPECT_EQ(pinned.seq, 5u);
  Publish();
  Publish();
  cell_.Sweep();
  EXPECT_TRUE(Lives(0));
  EXPECT_FALSE(Lives(1)) << "nobody pinned this one";
  VersionCell::Unpin(slot);
  EXPECT_TRUE(Lives(0)) << "readers do not destroy";
  cell_.Sweep();
  EXPECT_FALSE(Lives(0));
  cell_.ReturnSlot(slot);
}

TEST_F(VersionCellTest, AVersionStaysForTheLastOfItsReaders) {
  Publish();
  VersionCell::Slot& a = cell_.TakeSlot();
  VersionCell::Slot& b = cell_.TakeSlot();
  ASSERT_NE(&a, &b);
  cell_.Pin(a, [] { return Seq{1}; });
  cell_.Pin(b, [] { return Seq{1}; });
  Publish();
  VersionCell::Unpin(a);
  cell_.Sweep();
  EXPECT_TRUE(Lives(0));
  VersionCell::Unpin(b);
  cell_.Sweep();
  EXPECT_FALSE(Lives(0));
  cell_.ReturnSlot(a);
  cell_.ReturnSlot(b);
}

TEST_F(VersionCellTest, AReaderThatAPublicationOvertookPinsTheNewVersion) {
  Publish();
  VersionCell::Slot& slot = cell_.TakeSlot();
  int asked = 0;
  const VersionCell::Pinned pinned = cell_.Pin(slot, [&] {
    // Between the look at the current version and its pin, when it goes.
    if (++asked == 1) Publish();
    return Seq{10} + std::min(asked, 2);
  });
  cell_.Sweep();
  EXPECT_FALSE(Lives(0));
  ASSERT_EQ(pinned.version, &cell_.Latest());
  EXPECT_EQ(pinned.seq, 12u) << "the seq is of the same look as the version";
  EXPECT_EQ(cell_.PinnedSeqs(), std::vector<Seq>{12});
  VersionCell::Unpin(slot);
  cell_.ReturnSlot(slot);
}

TEST_F(VersionCellTest, AReaderThatDOvertookPinsTheNewD) {
  Publish();
  VersionCell::Slot& slot = cell_.TakeSlot();
  int asked = 0;
  // D moves before the slot shows what was read of it: somebody may have looked at both meanwhile.
  const VersionCell::Pinned pinned = cell_.Pin(slot, [&] { return Seq{++asked == 1 ? 5u : 6u}; });
  EXPECT_EQ(pinned.seq, 6u);
  EXPECT_EQ(cell_.PinnedSeqs(), std::vector<Seq>{6});
  VersionCell::Unpin(slot);
  cell_.ReturnSlot(slot);
}

TEST_F(VersionCellTest, KnowsTheSeqsThatArePinned) {
  Publish();
  EXPECT_EQ(cell_.PinnedSeqs(), std::vector<Seq>{});
  VersionCell::Slot& a = cell_.TakeSlot();
  VersionCell::Slot& b = cell_.TakeSlot();
  cell_.Pin(a, [] { return Seq{7}; });
  cell_.Pin(b, [] { return Seq{5}; });
  EXPECT_EQ(cell_.PinnedSeqs(), (std::vector<Seq>{7, 5}));
  VersionCell::Unpin(b);
  EXPECT_EQ(cell_.PinnedSeqs(), std::vector<Seq>{7});
  VersionCell::Unpin(a);
  EXPECT_EQ(cell_.PinnedSeqs(), std::vector<Seq>{});
  cell_.ReturnSlot(a);
  cell_.ReturnSlot(b);
}

TEST_F(VersionCellTest, ASlotThatWasReturnedIsTakenAgain) {
  for (size_t i = 0; i < 2 * VersionCell::kSlots; ++i) cell_.ReturnSlot(cell_.TakeSlot());
}

// A tree that a merge made: what this one dropped was garbage for every seq at or above `horizon`.
struct MergedTree : Tree {
  explicit MergedTree(Seq at) : horizon(at) {}
  ~MergedTree() { horizon.store(kMaxSeq, std::memory_order_relaxed); }
  std::atomic<Seq> horizon;
};

void ReadUntilDone(VersionCell& cell, const std::atomic<Seq>& visible, Seq last) {
  VersionCell::Slot& slot = cell.TakeSlot();
  for (Seq seq = 0; seq < last;) {
    const VersionCell::Pinned pinned = cell.Pin(slot, [&] { return visible.load(); });
    EXPECT_GE(pinned.seq, seq) << "time went back";
    seq = pinned.seq;
    for (int look = 0; look < 20; ++look) {
      const auto& tree = static_cast<const MergedTree&>(*pinned.version->tree);
      ASSERT_LE(tree.horizon.load(std::memory_order_relaxed), seq);
      ASSERT_TRUE(tree.runs().empty());
    }
    VersionCell::Unpin(slot);
  }
  cell.ReturnSlot(slot);
}

TEST(VersionCellConcurrency, NoReaderMeetsAMergeThatDroppedWhatItSees) {
  constexpr Seq kLast = 20'000;
  VersionCell cell;
  std::atomic<Seq> visible{0};
  const auto publish = [&cell](Seq horizon) {
    cell.Publish(
        std::make_unique<Version>(Version{.tree = std::make_shared<const MergedTree>(horizon)}));
  };
  publish(0);
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] { ReadUntilDone(cell, visible, kLast); });
  }
  for (Seq seq = 1; seq <= kLast; ++seq) {
    visible.store(seq);
    Seq horizon = visible.load();
    for (const Seq pinned : cell.PinnedSeqs()) horizon = std::min(horizon, pinned);
    publish(horizon);
    if (seq % 16 == 0) cell.Sweep();
  }
}

}  // namespace
}  // namespace cordwood::storage
