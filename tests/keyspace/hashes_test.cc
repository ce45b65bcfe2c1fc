#include "keyspace/types/hashes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/coding.h"
#include "base/format.h"
#include "keyspace/types/hashed_scan.h"
#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::keyspace {
namespace {

constexpr std::string_view kKey = "h";

struct Page {
  std::vector<std::string> names;
  uint64_t next = 0;
  int slices = 0;
};

/// A page of a scan, however many slices it takes.
Result<Page> ReadPage(HashedElements& elements, uint64_t position, uint64_t count) {
  HashedScan scan(position, count);
  Page page;
  for (bool done = false; !done; ++page.slices) {
    CW_ASSIGN(done, scan.Advance(elements, [&](std::string_view name, std::string_view) {
      page.names.emplace_back(name);
    }));
  }
  page.next = scan.next();
  return page;
}

class Hashes : public testing::Test {
 protected:
  static KeyName Name(Transaction& tx) { return {.generation = tx.GenerationOf(0), .key = kKey}; }

  void Execute(const KeyspaceRig::Work& work) {
    const Status status = rig_.Execute(work);
    ASSERT_TRUE(status) << status.error().message();
  }

  void Read(const KeyspaceRig::Work& work) {
    const Status status = rig_.Read(work);
    ASSERT_TRUE(status) << status.error().message();
  }

  void With(const std::function<Status(Hash&)>& work) {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      Hash hash(tx, Name(tx), std::move(found));
      return work(hash);
    });
  }

  void SetNumbered(int begin, int end) {
    With([&](Hash& hash) -> Status {
      for (int i = begin; i < end; ++i) {
        const std::string field = Format("field{}", i);
        const Item pair = {.name = field, .value = "value"};
        CW_TRY(hash.Set({&pair, 1}));
      }
      return {};
    });
  }

  Form FormNow() {
    Form form = Form::kInline;
    With([&](Hash& hash) -> Status {
      form = hash.in_elements() ? Form::kElements : Form::kInline;
      return {};
    });
    return form;
  }

  Oid OidNow() {
    Oid oid = 0;
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(found.live()->payload));
      oid = object.oid;
      return {};
    });
    return oid;
  }

  void Delete() {
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
      return RemoveKey(tx, Name(tx), found);
    });
  }

  KeyspaceRig rig_;
};

/// The item takes ten bytes more than its value: two lengths, an expiry, and a field of seven.
Item PairOf(std::string& value, std::string_view field, size_t bytes) {
  value.assign(bytes - 10, 'v');
  return {.name = field, .value = value};
}

TEST_F(Hashes, StayInTheirRecordUpToTheBytesThatMayLieThere) {
  std::string value;
  With([&](Hash& hash) -> Status {
    const Item first = PairOf(value, "field01", 100);
    CW_TRY(hash.Set({&first, 1}));
    const Item fills = PairOf(value, "field02", 411);  // its length takes one more
    CW_TRY(hash.Set({&fills, 1}));
    EXPECT_FALSE(hash.in_elements());
    CW_TRY(hash.Set({&fills, 1}));  // again
    EXPECT_FALSE(hash.in_elements());
    const Item longer = PairOf(value, "field02", 412);
    CW_TRY(hash.Set({&longer, 1}));
    EXPECT_TRUE(hash.in_elements());
    CW_ASSIGN(const uint64_t length, hash.Length());
    EXPECT_EQ(length, 2u);
    CW_ASSIGN(const std::optional<std::string> kept, hash.Get("field01"));
    EXPECT_EQ(kept, std::string(90, 'v'));
    return {};
  });
}

TEST_F(Hashes, ASingleLongItemStaysInItsRecord) {
  std::string value;
  With([&](Hash& hash) -> Status {
    const Item longest = PairOf(value, "field01", (16 << 10) - 1);
    CW_TRY(hash.Set({&longest, 1}));
    EXPECT_FALSE(hash.in_elements());
    const Item second = {.name = "f", .value = "v"};
    CW_TRY(hash.Set({&second, 1}));
    EXPECT_TRUE(hash.in_elements());
    return {};
  });
  Delete();
  With([&](Hash& hash) -> Status {
    const Item too_long = PairOf(value, "field01", 16 << 10);
    CW_TRY(hash.Set({&too_long, 1}));
    EXPECT_TRUE(hash.in_elements());
    return {};
  });
}

TEST_F(Hashes, TakingFieldsOutOnlyFrees) {
  for (const int fields : {10, 1000}) {  // inline, elements
    SetNumbered(0, fields);
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      Hash hash(tx, Name(tx), std::move(found));
      const std::string_view gone[] = {"field1", "field2"};
      CW_ASSIGN(const uint64_t removed, hash.Remove(gone));
      EXPECT_EQ(removed, 2u);
      EXPECT_TRUE(tx.has_writes());
      EXPECT_TRUE(tx.frees()) << fields;
      return {};
    });
    Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      CW_ASSIGN(const uint64_t length, Hash(tx, Name(tx), std::move(found)).Length());
      EXPECT_EQ(length, static_cast<uint64_t>(fields) - 2);
      return {};
    });
  }
}

TEST_F(Hashes, NeverMoveBack) {
  SetNumbered(0, 200);
  With([](Hash& hash) -> Status {
    for (int i = 1; i < 200; ++i) {
      const std::string field = Format("field{}", i);
      const std::string_view view = field;
      CW_TRY(hash.Remove({&view, 1}));
    }
    CW_ASSIGN(const uint64_t length, hash.Length());
    EXPECT_EQ(length, 1u);
    return {};
  });
  EXPECT_EQ(FormNow(), Form::kElements);
}

TEST_F(Hashes, TheElementsOfADeadHashStayDead) {
  SetNumbered(0, 200);
  const Oid first = OidNow();
  Delete();
  SetNumbered(1000, 1200);
  EXPECT_NE(OidNow(), first);
  rig_.Compact();
  rig_.Reopen();
  With([](Hash& hash) -> Status {
    CW_ASSIGN(HashedElements elements, hash.Elements());
    HashedElements::Walk walk(elements);
    int count = 0;
    for (walk.SeekToFirst(); walk.Valid(); walk.Next(), ++count) {
      EXPECT_GE(walk.name(), "field1") << walk.name();
      EXPECT_EQ(walk.name().size(), std::string_view("field1000").size()) << walk.name();
    }
    CW_TRY(walk.status());
    EXPECT_EQ(count, 200);
    return {};
  });
}

TEST_F(Hashes, WhatIsLeftOfAShrunkHashIsSlowToWalkOnceAtMost) {
  SetNumbered(0, 20'000);
  With([](Hash& hash) -> Status {
    std::vector<std::string> names;
    for (int i = 10; i < 20'000; ++i) names.push_back(Format("field{}", i));
    const std::vector<std::string_view> gone(names.begin(), names.end());
    CW_ASSIGN(const uint64_t removed, hash.Remove(gone));
    EXPECT_EQ(removed, 19'990u);
    return {};
  });
  const auto steps = [&] {
    uint64_t taken = 0;
    With([&](Hash& hash) -> Status {
      CW_ASSIGN(HashedElements elements, hash.Elements());
      HashedElements::Walk walk(elements);
      constexpr uint64_t kAmple = 1'000'000;
      walk.SetBudget(kAmple);
      int fields = 0;
      for (walk.SeekToFirst(); walk.Valid(); walk.Next()) ++fields;
      CW_TRY(walk.status());
      EXPECT_EQ(fields, 10);
      taken = kAmple - walk.budget();
      return {};
    });
    return taken;
  };
  rig_.Settle();
  EXPECT_GE(steps(), 19'990u);
  EXPECT_LE(steps(), 200u);
  // A flush leaves the gaps.
  Execute([](Transaction& tx) -> Status {
    return SetString(tx, {.generation = 1, .key = "large"}, std::string(300 << 10, 'v'), {});
  });
  rig_.Settle();
  rig_.env().Await([&] { return rig_.store().Stats().background.flushes > 0; });
  EXPECT_LE(steps(), 200u);
}

// It is little of all there is, so nobody would merge it for its own sake.
TEST_F(Hashes, WhatIsLeftOfAShrunkHashIsMergedOnceAWalkFoundIt) {
  constexpr int kFields = 9000;
  constexpr int kLeft = 5;
  constexpr uint64_t kStrings = 120'000;
  const auto set_string = [](Transaction& tx, const std::string& key, std::string_view value) {
    return SetString(tx, {.generation = tx.GenerationOf(0), .key = key}, value, std::nullopt);
  };
  for (uint64_t i = 0; i < kStrings; i += 5000) {
    Execute([&](Transaction& tx) -> Status {
      for (uint64_t j = i; j < i + 5000; ++j)
        CW_TRY(set_string(tx, Format("string{}", j), "value"));
      return {};
    });
  }
  SetNumbered(0, kFields);
  rig_.Compact();
  With([&](Hash& hash) -> Status {
    std::vector<std::string> names;
    for (int i = kLeft; i < kFields; ++i) names.push_back(Format("field{}", i));
    const std::vector<std::string_view> gone(names.begin(), names.end());
    CW_TRY(hash.Remove(gone));
    return {};
  });
  const auto entries = [&] {
    uint64_t sum = 0;
    for (const storage::Run& run : rig_.store().versions().tree()->runs()) {
      for (const storage::Fragment& fragment : run.fragments) sum += fragment.entries();
    }
    return sum;
  };
  const auto flush = [&] {
    const uint64_t flushes = rig_.store().Stats().background.flushes;
    Execute([&](Transaction& tx) { return set_string(tx, "large", std::string(300 << 10, 'v')); });
    Execute([&](Transaction& tx) { return set_string(tx, "small", "v"); });
    rig_.Settle();
    rig_.env().Await([&] { return rig_.store().Stats().background.flushes > flushes; });
  };
  flush();
  rig_.env().Await([&] { return rig_.store().versions().Immutables().empty(); });
  for (int i = 0; i < 10; ++i) rig_.store().Tick();
  ASSERT_GT(entries(), kStrings + kFields + kFields - 100);
  Read([&](Transaction& tx) -> Status {
    CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
    Hash hash(tx, Name(tx), std::move(found));
    CW_ASSIGN(HashedElements elements, hash.Elements());
    CW_ASSIGN(const Page page, ReadPage(elements, 0, 10));
    EXPECT_EQ(page.names.size(), size_t{kLeft});
    return {};
  });
  flush();  // with the last of what the walk found
  rig_.env().Await([&] { return entries() < kStrings + 100; });
  EXPECT_EQ(rig_.store().WriteDelayUs(1000), 0u);
}

TEST_F(Hashes, AFieldCostsLittleMoreThanItselfWhateverTheSizeOfTheHash) {
  for (int fields = 1; fields <= 300; ++fields) {
    const std::string field = Format("field{:03}", fields);
    const std::string value(50, 'v');
    const Item pair = {.name = field, .value = value};
    for (int again = 0; again < 2; ++again) {
      Execute([&](Transaction& tx) -> Status {
        CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
        Hash hash(tx, Name(tx), std::move(found));
        CW_TRY(hash.Set({&pair, 1}));
        EXPECT_LE(tx.write_bytes(), 1024u) << fields;
        return {};
      });
    }
  }
  EXPECT_EQ(FormNow(), Form::kElements);
}

TEST_F(Hashes, AFewElementsAreKilledOneByOneAndManyByARange) {
  for (const int fields : {16, 17}) {
    for (const bool compacted : {false, true}) {
      SetNumbered(0, 1);
      rig_.keyspace().options().inline_bytes_max = 0;
      SetNumbered(1, fields);
      rig_.keyspace().options().inline_bytes_max = 512;
      if (compacted) rig_.Compact();
      Execute([&](Transaction& tx) -> Status {
        CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
        CW_TRY(RemoveKey(tx, Name(tx), found));
        EXPECT_EQ(tx.drops_ranges(), fields > 16) << fields;
        EXPECT_TRUE(tx.frees());
        return {};
      });
      With([](Hash& hash) -> Status {
        EXPECT_FALSE(hash.exists());
        return {};
      });
    }
  }
}

TEST_F(Hashes, AFewElementsAreKilledOneByOneHoweverOftenTheyWereWritten) {
  rig_.keyspace().options().inline_bytes_max = 0;
  for (int i = 0; i < 300; ++i) SetNumbered(0, 1);
  SetNumbered(1, 16);
  Execute([&](Transaction& tx) -> Status {
    CW_ASSIGN(const Lookup found, FindKey(tx, Name(tx)));
    CW_TRY(RemoveKey(tx, Name(tx), found));
    EXPECT_FALSE(tx.drops_ranges());
    return {};
  });
}

TEST_F(Hashes, AStringOverAHashKillsItsElements) {
  SetNumbered(0, 200);
  Execute([](Transaction& tx) { return SetString(tx, Name(tx), "text", std::nullopt); });
  EXPECT_EQ(rig_.keyspace().NewestCount(0, CounterKind::kObjects), 0);
  Delete();
  SetNumbered(0, 1);
  With([](Hash& hash) -> Status {
    CW_ASSIGN(const uint64_t length, hash.Length());
    EXPECT_EQ(length, 1u);
    return {};
  });
}

TEST_F(Hashes, EveryObjectHasANumberOfItsOwn) {
  std::set<Oid> oids;
  for (int i = 0; i < 20; ++i) {
    SetNumbered(0, 129);
    EXPECT_TRUE(oids.insert(OidNow()).second);
    Delete();
    if (i % 5 == 0) rig_.Reopen();
    if (i % 7 == 0) {
      rig_.Settle();
      rig_.LosePower(static_cast<uint64_t>(i));
    }
  }
}

TEST_F(Hashes, AScanFindsEverythingThatStays) {
  SetNumbered(0, 1000);
  std::map<std::string, int> seen;
  uint64_t position = 0;
  int pages = 0;
  do {
    With([&](Hash& hash) -> Status {
      CW_ASSIGN(HashedElements elements, hash.Elements());
      CW_ASSIGN(const Page page, ReadPage(elements, position, 10));
      for (const std::string& field : page.names) ++seen[field];
      position = page.next;
      EXPECT_LT(position, uint64_t{1} << 53);
      return {};
    });
    // Others come and go meanwhile.
    SetNumbered(2000 + pages, 2001 + pages);
    ++pages;
  } while (position != 0);
  EXPECT_GT(pages, 50);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[Format("field{}", i)], 1) << i;
}

TEST_F(Hashes, AScanGivesFieldsAtOnePositionTogether) {
  // Real collisions are out of reach, so elements with made-up hashes are put in by hand.
  Execute([](Transaction& tx) -> Status {
    const auto put = [&](uint64_t hash, std::string_view name) {
      std::string store_key = SpacePrefix(1, 99, kItemSpace);
      AppendBigEndian64(store_key, hash);
      tx.PutParts(store_key + std::string(name), kNoFieldExpiry, "v");
    };
    for (const char* name : {"a", "b"}) put(0x5123, name);
    put(0x5124, "c");
    for (const char* name : {"d", "e"}) put(UINT64_MAX, name);
    return {};
  });
  Read([](Transaction& tx) -> Status {
    HashedElements elements(tx, 1, 99, kNoFieldExpiry);
    CW_ASSIGN(Page page, ReadPage(elements, 0, 1));
    EXPECT_EQ(page.names.size(), 3u);
    EXPECT_EQ(page.next, 6u);
    CW_ASSIGN(page, ReadPage(elements, page.next, 1));
    EXPECT_EQ(page.names.size(), 2u);
    EXPECT_EQ(page.next, 0u);
    CW_ASSIGN(page, ReadPage(elements, UINT64_MAX, 1));
    EXPECT_EQ(page.names.size(), 0u);
    EXPECT_EQ(page.next, 0u);
    return {};
  });
}

TEST_F(Hashes, AScanGetsPastAnyNumberOfDeletedFieldsWithEqualHashes) {
  constexpr int kDeleted = 10'000;
  for (const bool there : {true, false}) {
    Execute([&](Transaction& tx) -> Status {
      std::string prefix = SpacePrefix(1, 99, kItemSpace);
      AppendBigEndian64(prefix, uint64_t{5} << 12);  // at position 5
      for (int i = 0; i < kDeleted; ++i) {
        const std::string store_key = Format("{}{}", prefix, i);
        if (there) {
          tx.PutParts(store_key, kNoFieldExpiry, "v");
        } else {
          tx.Delete(store_key);
        }
      }
      if (there) tx.PutParts(prefix + "~", kNoFieldExpiry, "v");
      return {};
    });
  }
  Read([](Transaction& tx) -> Status {
    HashedElements elements(tx, 1, 99, kNoFieldExpiry);
    CW_ASSIGN(const Page page, ReadPage(elements, 0, 1));
    EXPECT_EQ(page.names.size(), 1u);
    EXPECT_EQ(page.next, 0u);
    EXPECT_GT(page.slices, 1) << "a slice steps over no more than kHiddenPerSlice";
    return {};
  });
}

TEST_F(Hashes, DrawsReachEveryFieldAboutEquallyOften) {
  constexpr int kFields = 300;
  constexpr int kDraws = 30'000;
  SetNumbered(0, kFields);
  std::map<std::string, int> drawn;
  With([&](Hash& hash) -> Status {
    CW_ASSIGN(HashedElements elements, hash.Elements());
    Random random(1);
    for (int i = 0; i < kDraws; ++i) {
      HashedElements::Drawing drawing = HashedElements::BeginDraw(random);
      uint64_t budget = UINT64_MAX;
      CW_ASSIGN(const auto element, elements.Draw(drawing, budget));
      if (element) ++drawn[element->first];
    }
    return {};
  });
  EXPECT_EQ(drawn.size(), static_cast<size_t>(kFields));
  for (const auto& [field, times] : drawn) {
    EXPECT_GT(times, kDraws / kFields / 3) << field;
    EXPECT_LT(times, kDraws / kFields * 3) << field;
  }
}

TEST_F(Hashes, AColdReadNamesAllBlocksAtOnce) {
  RigOptions options;
  options.store.block_bytes = 512;
  KeyspaceRig rig(options);
  const auto with = [&](const std::function<Status(Hash&)>& work) {
    const Status status = rig.Execute([&](Transaction& tx) -> Status {
      CW_ASSIGN(Lookup found, FindKey(tx, Name(tx)));
      Hash hash(tx, Name(tx), std::move(found));
      return work(hash);
    });
    ASSERT_TRUE(status) << status.error().message();
  };
  with([](Hash& hash) -> Status {
    for (int i = 0; i < 2000; ++i) {
      const std::string field = Format("field{}", i);
      const Item pair = {.name = field, .value = "value"};
      CW_TRY(hash.Set({&pair, 1}));
    }
    return {};
  });
  rig.Compact();
  rig.Reopen();
  const uint64_t before = rig.reruns();
  with([](Hash& hash) -> Status {
    const std::string_view fields[] = {"field1", "field500", "field1500", "field1999"};
    return hash.GetMany(fields, [](std::optional<std::string_view> value) {
      EXPECT_EQ(value, "value");
      return true;
    });
  });
  EXPECT_GE(rig.reruns(), before + 1);  // it was cold
  EXPECT_LE(rig.reruns(), before + 3);  // the tables, the record, then all elements together
}

}  // namespace
}  // namespace cordwood::keyspace
