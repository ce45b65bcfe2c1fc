#include "storage/version/sampling.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/format.h"
#include "storage/store.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {
namespace {

constexpr int kKeys = 20'000;

std::string Key(int i) { return Format("key:{:05}", i); }

/// Many small fragments in one run, some of them in a second one, and a memtable.
class PlaceSamplerTest : public testing::Test {
 protected:
  PlaceSamplerTest() {
    const StoreOptions options = {
        .memtable_bytes = 64 << 10, .block_bytes = 512, .fragment_bytes = 4 << 10};
    store_ = *Store::Open(env_, "data", options);
    Write(0, kKeys);
    bool done = false;
    store_->CompactEverything([&] { done = true; });
    env_.Await([&] { return done; });
    Write(0, kKeys / 10);
    env_.RunUntilIdle();
    Write(0, 100);
    reader_ = std::make_unique<Reader>(*store_);
  }

  ~PlaceSamplerTest() override {
    reader_.reset();
    store_.reset();
  }

  void Write(int begin, int end) {
    for (int i = begin; i < end; ++i) {
      WriteBatch batch;
      batch.Put(Key(i), "some value that is not too short");
      ASSERT_TRUE(store_->Write(batch));
      if (i % 100 == 0) env_.RunUntilIdle();
      store_->Kick();
    }
    env_.Await([&] { return store_->visible() >= store_->last_seq(); });
  }

  support::SimEnv env_{1};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> reader_;
};

TEST_F(PlaceSamplerTest, DrawsPlacesInTheRangeAboutAsOftenEverywhere) {
  constexpr int kDraws = 20'000;
  View view = reader_->Visible(Tier::kMayBlock);
  const std::pair<int, int> ranges[] = {{0, kKeys}, {5000, 15'000}, {7003, 9003}, {19'000, 30'000}};
  for (const auto& [begin, end] : ranges) {
    SCOPED_TRACE(Format("[{}, {})", begin, end));
    const PlaceSampler sampler = view.NewSampler(Key(begin), Key(end));
    Random random(1);
    std::map<int, int> tenths;
    int missed = 0;
    for (int i = 0; i < kDraws; ++i) {
      const std::optional<Place> place = *sampler.Draw(random);
      if (!place) {
        ++missed;
        continue;
      }
      ASSERT_GE(place->key, Key(begin));
      ASSERT_LT(place->key, Key(end));
      const int at = std::stoi(place->key.substr(4, 5));
      ++tenths[(at - begin) * 10 / (std::min(end, kKeys) - begin)];
    }
    EXPECT_LT(missed, kDraws * 3 / 4);
    const int hits = kDraws - missed;
    for (int tenth = 0; tenth < 10; ++tenth) {
      if (begin == 0 && tenth == 0) continue;  // has more entries
      EXPECT_GT(tenths[tenth], hits / 25) << tenth;
      EXPECT_LT(tenths[tenth], hits / 4) << tenth;
    }
  }
}

TEST_F(PlaceSamplerTest, FindsNothingWhereNothingIs) {
  View view = reader_->Visible(Tier::kMayBlock);
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(*view.NewSampler("a", "b").Draw(random));
    EXPECT_FALSE(*view.NewSampler("x", "z").Draw(random));
  }
}

}  // namespace
}  // namespace cordwood::storage
