#include "keyspace/core/overlay.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"

namespace cordwood::keyspace {
namespace {

using Model = std::map<std::string, std::optional<std::string>>;

Model Everything(const Overlay& overlay) {
  Model all;
  for (const auto& [key, written] : overlay) {
    all.emplace(key, written.value ? std::optional<std::string>(*written.value) : std::nullopt);
  }
  return all;
}

void Put(Overlay& overlay, std::string_view key, std::string_view value) {
  overlay.Touch(key).written.value = overlay.Copy(value, {});
}

TEST(Overlay, FindsWhatWasWrittenAndNothingElse) {
  Overlay overlay;
  EXPECT_TRUE(overlay.empty());
  EXPECT_EQ(overlay.Find("b"), nullptr);
  Put(overlay, "b", "1");
  Put(overlay, "d", "2");
  EXPECT_FALSE(overlay.empty());
  for (const char* absent : {"", "a", "bb", "c", "e"}) EXPECT_EQ(overlay.Find(absent), nullptr);
  EXPECT_EQ(overlay.Find("b")->value, "1");
  EXPECT_EQ(overlay.Find("d")->value, "2");
  EXPECT_EQ(overlay.AtOrAfter("c")->first, "d");
  EXPECT_EQ(overlay.AtOrAfter("d")->first, "d");
  EXPECT_EQ(overlay.AtOrAfter("e"), overlay.end());
}

TEST(Overlay, ANewWriteDeletesUntilItHasAValueAndTheFirstIsKnown) {
  Overlay overlay;
  const Overlay::Touched first = overlay.Touch("k");
  EXPECT_TRUE(first.first);
  EXPECT_FALSE(first.written.value.has_value());
  first.written.assumption = Assumption::kPlainKey;
  const Overlay::Touched second = overlay.Touch("k");
  EXPECT_FALSE(second.first);
  EXPECT_EQ(&second.written, &first.written);
}

TEST(Overlay, CopiesKeysAndJoinsValues) {
  Overlay overlay;
  std::string key = "key";
  overlay.Touch(key).written.value = overlay.Copy("head ", "tail");
  key = "yek";
  EXPECT_EQ(overlay.Find("key")->value, "head tail");
}

// Ascending, descending, the same again, two places in turn, and anywhere: whatever the last write
// was, the next is found where it belongs.
TEST(Overlay, IsTheSameAsAMapWhateverTheOrderOfWrites) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Overlay overlay;
    Model model;
    uint64_t at = random.Below(1000);
    for (int i = 0; i < 2000; ++i) {
      switch (random.Below(6)) {
        case 0:
          at = random.Below(1000);
          break;
        case 1:
          at = (at + 500) % 1000;
          break;
        case 2:
          at -= at == 0 ? 0 : 1;
          break;
        case 3:
          break;
        default:
          ++at;
      }
      const std::string key = Format("{:04}", at);
      const auto found = model.find(key);
      ASSERT_EQ(overlay.Find(key) == nullptr, found == model.end()) << "seed " << seed;
      const auto behind = model.lower_bound(key);
      ASSERT_EQ(overlay.AtOrAfter(key) == overlay.end(), behind == model.end()) << "seed " << seed;
      if (behind != model.end()) {
        ASSERT_EQ(overlay.AtOrAfter(key)->first, behind->first) << "seed " << seed;
      }
      if (random.Below(3) == 0) {
        ASSERT_EQ(overlay.Touch(key).first, found == model.end());
        overlay.Touch(key).written.value.reset();
        model[key].reset();
      } else if (random.Below(50) == 0) {
        const std::string end = Format("{:04}", at + random.Below(50));
        overlay.DeleteRange(key, end);
        for (auto it = behind; it != model.end() && it->first < end; ++it) it->second.reset();
      } else {
        const std::string value = Format("value {}", i);
        Put(overlay, key, value);
        model[key] = value;
      }
    }
    EXPECT_EQ(Everything(overlay), model) << "seed " << seed;
    overlay.DeleteRange("", "");
    for (const auto& [key, written] : overlay) EXPECT_FALSE(written.value) << key;
  }
}

}  // namespace
}  // namespace cordwood::keyspace
