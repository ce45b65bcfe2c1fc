#include "tests/support/sim_content.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cordwood::support {
namespace {

std::string AfterPowerLoss(SimContent content, uint64_t seed, PowerLoss kind = PowerLoss::kRandom) {
  SimRandom random(seed);
  content.LosePower(kind, random);
  EXPECT_EQ(content.cached(), content.Durable());
  EXPECT_FALSE(content.dirty());
  return content.cached();
}

/// 'n', 'o', 'z' or 't' for each sector of `after`: new, old, zeros or torn. '?' is a bug.
std::string SectorStates(const std::string& after, char old_byte, char new_byte) {
  std::string states;
  for (size_t begin = 0; begin < after.size(); begin += kSectorBytes) {
    const std::string sector = after.substr(begin, kSectorBytes);
    const size_t news = sector.find_first_not_of(new_byte);
    if (news == std::string::npos) {
      states += 'n';
    } else if (sector == std::string(sector.size(), old_byte)) {
      states += 'o';
    } else if (sector == std::string(sector.size(), '\0')) {
      states += 'z';
    } else {
      const bool torn = sector.find_first_not_of(old_byte, news) == std::string::npos && news > 0;
      states += torn ? 't' : '?';
    }
  }
  return states;
}

TEST(SimContent, KeepsSyncedBytes) {
  SimRandom random(1);
  SimContent content;
  content.Write(0, std::string(3000, 'a'), random);
  content.Sync();
  EXPECT_FALSE(content.dirty());
  for (uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(AfterPowerLoss(content, seed), std::string(3000, 'a'));
  }
}

TEST(SimContent, GivesEachUnsyncedSectorAFateOfItsOwn) {
  SimRandom random(1);
  SimContent content(std::string(4 * kSectorBytes, 'o'));
  content.Write(kSectorBytes, std::string(2 * kSectorBytes, 'n'), random);
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    const std::string states = SectorStates(AfterPowerLoss(content, seed), 'o', 'n');
    ASSERT_EQ(states.size(), 4U);
    ASSERT_EQ(states.front(), 'o') << "a synced sector changed";
    ASSERT_EQ(states.back(), 'o') << "a synced sector changed";
    ASSERT_EQ(states.find('?'), std::string::npos) << states << " with seed " << seed;
    seen.insert(states.substr(1, 2));
  }
  EXPECT_EQ(seen.size(), 16U) << "not all combinations of new, old, zero and torn happen";
}

TEST(SimContent, KeepsOrDropsEverythingOnDemand) {
  SimRandom random(1);
  SimContent content(std::string(1000, 'o'));
  content.Write(500, std::string(1000, 'n'), random);
  EXPECT_EQ(AfterPowerLoss(content, 7, PowerLoss::kDrop), std::string(1000, 'o'));
  EXPECT_EQ(AfterPowerLoss(content, 7, PowerLoss::kKeep),
            std::string(500, 'o') + std::string(1000, 'n'));
}

TEST(SimContent, MayLoseTheNewLengthOrExtendWithZeros) {
  SimRandom random(1);
  SimContent content(std::string(kSectorBytes, 'o'));
  content.Write(kSectorBytes, std::string(3 * kSectorBytes, 'n'), random);
  std::set<size_t> sizes;
  bool zeros_at_full_length = false;
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    const std::string after = AfterPowerLoss(content, seed);
    sizes.insert(after.size() / kSectorBytes);
    if (after == std::string(kSectorBytes, 'o') + std::string(3 * kSectorBytes, '\0')) {
      zeros_at_full_length = true;
    }
  }
  EXPECT_EQ(sizes, (std::set<size_t>{1, 2, 3, 4}));
  EXPECT_TRUE(zeros_at_full_length);
}

TEST(SimContent, MayHaveWrittenBackAMiddleVersion) {
  std::set<char> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimRandom random(seed);
    SimContent content("1");
    content.Write(0, "2", random);
    content.Write(0, "3", random);
    seen.insert(AfterPowerLoss(content, seed)[0]);
  }
  EXPECT_EQ(seen, (std::set<char>{'\0', '1', '2', '3'}));
}

TEST(SimContent, ForgetsBytesOfAFailedSync) {
  SimRandom random(1);
  SimContent content("old");
  content.Write(0, "new and longer", random);
  content.FailSync();
  EXPECT_FALSE(content.dirty());
  content.Sync();  // answers well and does nothing
  EXPECT_EQ(content.cached(), "new and longer");
  EXPECT_EQ(content.Durable(), "old");
  for (uint64_t seed = 0; seed < 50; ++seed) EXPECT_EQ(AfterPowerLoss(content, seed), "old");
}

TEST(SimContent, SyncsWhatIsWrittenAfterAFailedSync) {
  SimRandom random(1);
  SimContent content(std::string(2 * kSectorBytes, 'o'));
  content.Write(0, std::string(2 * kSectorBytes, 'n'), random);
  content.FailSync();
  content.Write(kSectorBytes, "again", random);
  content.Sync();
  const std::string after = AfterPowerLoss(content, 3);
  EXPECT_EQ(after.substr(0, kSectorBytes), std::string(kSectorBytes, 'o'));
  EXPECT_EQ(after.substr(kSectorBytes, 6), "againn");
}

TEST(SimContent, ReadsWhatTheMediumHasOnceTheCacheIsDropped) {
  SimRandom random(1);
  SimContent content(std::string(2 * kSectorBytes, 'o'));
  content.Write(0, std::string(2 * kSectorBytes, 'n'), random);
  content.FailSync();
  content.Write(kSectorBytes, "again", random);
  content.DropCache();
  EXPECT_EQ(content.cached().substr(0, kSectorBytes), std::string(kSectorBytes, 'o'));
  EXPECT_EQ(content.cached().substr(kSectorBytes, 6), "againn") << "it is not clean";
}

TEST(SimContent, MayUndoAnUnsyncedTruncation) {
  SimContent content("abcdef");
  content.Resize(2);
  EXPECT_EQ(content.cached(), "ab");
  EXPECT_EQ(AfterPowerLoss(content, 1, PowerLoss::kDrop), "abcdef");
  EXPECT_EQ(AfterPowerLoss(content, 1, PowerLoss::kKeep), "ab");
  content.Sync();
  EXPECT_EQ(AfterPowerLoss(content, 1, PowerLoss::kDrop), "ab");
}

TEST(SimContent, ReadsZerosWhereATruncatedFileGrowsAgain) {
  SimRandom random(1);
  SimContent content("abcdef");
  content.Resize(2);
  content.Write(5, "x", random);
  const std::string expected("ab\0\0\0x", 6);
  EXPECT_EQ(content.cached(), expected);
  content.Sync();
  EXPECT_EQ(content.Durable(), expected);
}

TEST(SimContent, CopiesDoNotChangeEachOther) {
  SimRandom random(1);
  SimContent content("abc");
  SimContent copy = content;
  copy.Write(0, "xyz", random);
  copy.Sync();
  EXPECT_EQ(content.cached() + content.Durable(), "abcabc");
  content.FlipBit(0, 1);
  EXPECT_EQ(content.cached() + content.Durable(), "cbccbc");
  EXPECT_EQ(copy.cached() + copy.Durable(), "xyzxyz");
}

TEST(SimContent, FlipsABitInBothPlaces) {
  SimContent content("abc");
  content.FlipBit(2, 0);
  EXPECT_EQ(content.cached(), "abb");
  EXPECT_EQ(content.Durable(), "abb");
}

TEST(SimContent, ReadsNothingPastTheEnd) {
  const SimContent content("abc");
  char buffer[8];
  EXPECT_EQ(content.Read(1, buffer), 2U);
  EXPECT_EQ(content.Read(3, buffer), 0U);
  EXPECT_EQ(content.Read(UINT64_MAX, buffer), 0U);
}

}  // namespace
}  // namespace cordwood::support
