// What is remembered of who read what, and who wants to know of which prefixes.

#include "pipeline/tables/tracked_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "pipeline/tables/tracked_prefixes.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

using Clients = std::vector<SessionId>;

constexpr Moment kLater = {.seq = 100};

Clients ClientsOf(const TrackedKeys::Readers& readers) {
  Clients clients;
  for (const TrackedKeys::Reader& reader : readers) clients.push_back(reader.client);
  return clients;
}

Clients Take(TrackedKeys& keys, std::string_view key, const Moment& change = kLater) {
  return ClientsOf(keys.Take(key, change));
}

TEST(TrackedKeys, GivesEachReaderOnce) {
  TrackedKeys keys(1, [](SessionId) { return true; });
  for (const SessionId id : {7, 3, 7, 5}) keys.Add("a", {.client = id});
  keys.Add("b", {.client = 3});
  EXPECT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys.items(), 4u);
  EXPECT_EQ(Take(keys, "a"), (Clients{3, 5, 7}));
  EXPECT_EQ(Take(keys, "a"), Clients());
  EXPECT_EQ(Take(keys, "none"), Clients());
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.items(), 1u);
}

TEST(TrackedKeys, WhoHasSeenAChangeStays) {
  TrackedKeys keys(1, [](SessionId) { return true; });
  keys.Add("k", {.client = 1, .seen = {.seq = 10, .change = 2}});
  keys.Add("k", {.client = 2, .seen = {.seq = 10}});
  keys.Add("k", {.client = 3, .seen = {.seq = 9, .change = SIZE_MAX}});
  keys.Add("k", {.client = 4, .seen = {.seq = 11}});
  EXPECT_EQ(Take(keys, "k", {.seq = 9, .change = 7}), Clients());
  EXPECT_EQ(Take(keys, "k", {.seq = 10, .change = 1}), (Clients{2, 3}));
  EXPECT_EQ(keys.items(), 2u);
  EXPECT_EQ(Take(keys, "k", {.seq = 10, .change = 2}), Clients{1});
  // It may still keep what it read before.
  keys.Add("k", {.client = 4, .seen = {.seq = 20}});
  EXPECT_EQ(Take(keys, "k", {.seq = 12}), Clients{4});
  EXPECT_EQ(keys.size(), 0u);
  EXPECT_EQ(keys.memory_bytes(), 0u);
}

// A key that is never written would else hold all who ever read it.
TEST(TrackedKeys, ALineDoesNotGrowByThoseWhoAreGone) {
  TrackedKeys keys(1, [](SessionId id) { return id >= 9'990; });
  for (SessionId id = 0; id < 10'000; ++id) keys.Add("k", {.client = id});
  EXPECT_LT(keys.items(), 30u);
  const Clients readers = Take(keys, "k");
  for (SessionId id = 9'990; id < 10'000; ++id) {
    EXPECT_TRUE(std::ranges::binary_search(readers, id)) << id;
  }
  EXPECT_EQ(keys.items(), 0u);
}

TEST(TrackedKeys, AnyIsEachAboutAsOften) {
  constexpr int kRounds = 8000;
  Random random(support::BaseSeed());
  std::map<std::string, int> taken;
  for (int round = 0; round < kRounds; ++round) {
    TrackedKeys keys(random.Next(), [](SessionId) { return true; });
    for (int i = 0; i < 8; ++i) keys.Add(Format("key:{}", i), {.client = 1});
    const TrackedKeys::Taken any = keys.TakeAny(random.Next());
    EXPECT_EQ(ClientsOf(any.readers), Clients{1});
    ++taken[any.key];
    EXPECT_EQ(Take(keys, any.key), Clients());
  }
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(taken[Format("key:{}", i)], kRounds / 8, 200) << i;
}

TEST(TrackedKeys, WhatIsClearedIsFreedInPieces) {
  TrackedKeys keys(1, [](SessionId) { return true; });
  EXPECT_EQ(keys.memory_bytes(), 0u);
  for (int i = 0; i < 2500; ++i) keys.Add(Format("a key that is not short:{}", i), {.client = 1});
  const uint64_t bytes = keys.memory_bytes();
  EXPECT_GT(bytes, 2500u * 120);
  keys.Clear();
  keys.Add("new", {.client = 2});
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.items(), 1u);
  EXPECT_GT(keys.memory_bytes(), bytes);
  int pieces = 0;
  for (; keys.has_to_free(); ++pieces) keys.FreeSome();
  EXPECT_EQ(pieces, 3);
  EXPECT_LT(keys.memory_bytes(), 300u);
  EXPECT_EQ(Take(keys, "new"), Clients{2});
  EXPECT_EQ(keys.memory_bytes(), 0u);
}

using Told = std::vector<std::pair<TrackedPrefixes::Clients, TrackedPrefixes::Changes>>;

Told TakeChanges(TrackedPrefixes& prefixes) {
  Told told;
  prefixes.TakeChanges(
      [&](const TrackedPrefixes::Clients& clients, const TrackedPrefixes::Changes& changes) {
        told.emplace_back(clients, changes);
      });
  return told;
}

TEST(TrackedPrefixes, CollectsTheChangesOfEach) {
  TrackedPrefixes prefixes;
  prefixes.Note("a:1", 9);
  EXPECT_FALSE(prefixes.has_changes());
  prefixes.Add("a:", 1);
  prefixes.Add("a:", 2);
  prefixes.Add("", 3);
  prefixes.Add("b", 1);
  EXPECT_EQ(prefixes.size(), 3u);
  prefixes.Note("a:2", 8);
  prefixes.Note("a:1", 9);
  prefixes.Note("a:1", 0);
  prefixes.Note("a", 9);
  EXPECT_TRUE(prefixes.has_changes());
  EXPECT_EQ(TakeChanges(prefixes),
            (Told{{{3}, {{"a", 9}, {"a:1", 0}, {"a:2", 8}}}, {{1, 2}, {{"a:1", 0}, {"a:2", 8}}}}));
  EXPECT_FALSE(prefixes.has_changes());
}

TEST(TrackedPrefixes, TellsNobodyWhoLeft) {
  TrackedPrefixes prefixes;
  prefixes.Add("a", 1);
  prefixes.Add("a", 2);
  prefixes.Add("ab", 1);
  prefixes.Note("abc", 9);
  prefixes.Remove("ab", 1);
  prefixes.Remove("a", 1);
  EXPECT_EQ(prefixes.size(), 1u);
  EXPECT_EQ(TakeChanges(prefixes), (Told{{{2}, {{"abc", 9}}}}));
  prefixes.Remove("a", 2);
  EXPECT_EQ(prefixes.size(), 0u);
  prefixes.Note("abc", 9);
  EXPECT_FALSE(prefixes.has_changes());
}

}  // namespace
}  // namespace cordwood::pipeline
