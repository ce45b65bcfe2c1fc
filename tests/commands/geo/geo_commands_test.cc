// GEOADD, GEOPOS and their like, and the searches: what their documentation shows, what is refused
// and in which order, and searches that are more than a turn.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "tests/commands/runner.h"
#include "tests/commands/set_replies.h"

namespace cordwood::commands {
namespace {

/// Each test runs on sorted sets in their records and on ones in elements.
class GeoCommands : public testing::TestWithParam<bool> {
 protected:
  GeoCommands() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  void AddSicily() {
    EXPECT_EQ(Run({"GEOADD", "Sicily", "13.361389", "38.115556", "Palermo", "15.087269",
                   "37.502669", "Catania"}),
              Integer(2));
  }
  void AddEdges() {
    EXPECT_EQ(Run({"GEOADD", "Sicily", "12.758489", "38.788135", "edge1", "17.241510", "38.788135",
                   "edge2"}),
              Integer(2));
  }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, GeoCommands, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

TEST_P(GeoCommands, TellWhereMembersAre) {
  AddSicily();
  EXPECT_EQ(Run({"GEOPOS", "Sicily", "Palermo", "Catania", "NonExisting"}),
            "*3\r\n" + Bulks({"13.36138933897018433", "38.11555639549629859"}) +
                Bulks({"15.08726745843887329", "37.50266842333162032"}) + "*-1\r\n");
  EXPECT_EQ(Run({"GEOHASH", "Sicily", "Palermo", "none", "Catania"}),
            "*3\r\n" + Bulk("sqc8b49rny0") + std::string(kNil) + Bulk("sqdtr74hyu0"));
  EXPECT_EQ(Run({"ZSCORE", "Sicily", "Palermo"}), Bulk("3479099956230698"));
  EXPECT_EQ(Run({"GEOPOS", "none", "a", "b"}), "*2\r\n*-1\r\n*-1\r\n");
  EXPECT_EQ(Run({"GEOHASH", "none", "a"}), "*1\r\n" + std::string(kNil));
  EXPECT_EQ(Run({"GEOPOS", "Sicily"}), "*0\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"GEOPOS", "Sicily", "Palermo", "none"}),
            "*2\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n_\r\n");
}

TEST_P(GeoCommands, TellDistances) {
  AddSicily();
  EXPECT_EQ(Run({"GEODIST", "Sicily", "Palermo", "Catania"}), Bulk("166274.1516"));
  EXPECT_EQ(Run({"GEODIST", "Sicily", "Palermo", "Catania", "km"}), Bulk("166.2742"));
  EXPECT_EQ(Run({"GEODIST", "Sicily", "Palermo", "Catania", "MI"}), Bulk("103.3182"));
  EXPECT_EQ(Run({"GEODIST", "Sicily", "Foo", "Bar"}), kNil);
  EXPECT_EQ(Run({"GEODIST", "none", "Foo", "Bar"}), kNil);
  EXPECT_EQ(Run({"GEODIST", "Sicily", "Palermo", "Palermo"}), Bulk("0.0000"));
  EXPECT_EQ(Run({"GEODIST", "none", "a", "b", "yd"}),
            "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n");
  EXPECT_EQ(Run({"GEODIST", "none", "a", "b", "m", "m"}), "-ERR syntax error\r\n");
  runner_.UseResp(3);
  EXPECT_EQ(Run({"GEODIST", "Sicily", "Palermo", "Catania"}), Bulk("166274.1516"))
      << "a string there too";
}

TEST_P(GeoCommands, AddByTheRulesOfZadd) {
  AddSicily();
  EXPECT_EQ(Run({"GEOADD", "Sicily", "13.361389", "38.115556", "Palermo"}), Integer(0));
  EXPECT_EQ(Run({"GEOADD", "Sicily", "CH", "14", "38", "Palermo", "1", "1", "new"}), Integer(2));
  EXPECT_EQ(Run({"GEOADD", "Sicily", "NX", "CH", "15", "38", "Palermo"}), Integer(0));
  EXPECT_EQ(Run({"GEOADD", "Sicily", "xx", "ch", "15", "38", "Palermo", "1", "1", "other"}),
            Integer(1));
  EXPECT_EQ(Run({"ZSCORE", "Sicily", "other"}), kNil);
  EXPECT_EQ(Run({"GEOADD", "none", "XX", "1", "1", "m"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "none"}), Integer(0));
  const std::string syntax = "-ERR syntax error\r\n";
  EXPECT_EQ(Run({"GEOADD", "k", "XX", "NX", "1", "1", "m"}), syntax);
  EXPECT_EQ(Run({"GEOADD", "k", "1", "1", "m", "2"}), syntax);
  EXPECT_EQ(Run({"GEOADD", "k", "CH", "CH", "CH"}), syntax);
  EXPECT_EQ(Run({"GEOADD", "k", "1", "1", "m", "1", "86", "n"}),
            "-ERR invalid longitude,latitude pair 1.000000,86.000000\r\n");
  EXPECT_EQ(Run({"GEOADD", "k", "x", "1", "m"}), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(Run({"EXISTS", "k"}), Integer(0));
}

TEST_P(GeoCommands, SearchCirclesAndBoxes) {
  AddSicily();
  AddEdges();
  EXPECT_EQ(Run({"GEOSEARCH", "Sicily", "FROMLONLAT", "15", "37", "BYRADIUS", "200", "km", "ASC"}),
            Bulks({"Catania", "Palermo"}));
  EXPECT_EQ(Run({"GEOSEARCH", "Sicily", "FROMLONLAT", "15", "37", "BYBOX", "400", "400", "km",
                 "ASC", "WITHCOORD", "WITHDIST"}),
            "*4\r\n*3\r\n" + Bulk("Catania") + Bulk("56.4413") +
                Bulks({"15.08726745843887329", "37.50266842333162032"}) + "*3\r\n" +
                Bulk("Palermo") + Bulk("190.4424") +
                Bulks({"13.36138933897018433", "38.11555639549629859"}) + "*3\r\n" + Bulk("edge2") +
                Bulk("279.7403") + Bulks({"17.24151045083999634", "38.78813451624225195"}) +
                "*3\r\n" + Bulk("edge1") + Bulk("279.7405") +
                Bulks({"12.7584877610206604", "38.78813451624225195"}));
  EXPECT_EQ(Run({"GEORADIUS", "Sicily", "15", "37", "200", "km", "WITHDIST", "DESC"}),
            "*2\r\n" + Bulks({"Palermo", "190.4424"}) + Bulks({"Catania", "56.4413"}));
  EXPECT_EQ(Run({"GEORADIUS_RO", "Sicily", "15", "37", "200", "km", "WITHHASH", "COUNT", "1"}),
            "*1\r\n*2\r\n" + Bulk("Catania") + ":3479447370796909\r\n");
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "Sicily", "Palermo", "200", "km", "ASC"}),
            Bulks({"Palermo", "edge1", "Catania"}));
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER_RO", "Sicily", "Palermo", "0", "m"}), Bulks({"Palermo"}));
  EXPECT_EQ(Run({"GEOSEARCH", "Sicily", "FROMMEMBER", "Palermo", "BYRADIUS", "200", "km", "DESC",
                 "COUNT", "2"}),
            Bulks({"Catania", "edge1"}));
}

TEST_P(GeoCommands, SearchesWithAnyTakeWhatTheyFindFirst) {
  AddSicily();
  AddEdges();
  const std::string one = Run({"GEOSEARCH", "Sicily", "FROMLONLAT", "15", "37", "BYRADIUS", "1000",
                               "km", "COUNT", "1", "ANY"});
  EXPECT_EQ(TextsOf(one).size(), 1U);
  const std::string three = Run({"GEOSEARCH", "Sicily", "FROMLONLAT", "15", "37", "BYRADIUS",
                                 "1000", "km", "ANY", "COUNT", "3", "ASC"});
  EXPECT_EQ(TextsOf(three).size(), 3U);
}

TEST_P(GeoCommands, StoreScoresOrDistances) {
  AddSicily();
  EXPECT_EQ(
      Run({"GEOSEARCHSTORE", "d", "Sicily", "FROMLONLAT", "15", "37", "BYRADIUS", "200", "km"}),
      Integer(2));
  EXPECT_EQ(Run({"ZRANGE", "d", "0", "-1", "WITHSCORES"}),
            Bulks({"Palermo", "3479099956230698", "Catania", "3479447370796909"}));
  EXPECT_EQ(Run({"GEORADIUS", "Sicily", "15", "37", "200", "km", "COUNT", "1", "STOREDIST", "d"}),
            Integer(1));
  EXPECT_EQ(Run({"ZRANGE", "d", "0", "-1"}), Bulks({"Catania"}));
  EXPECT_EQ(Run({"ZCOUNT", "d", "56.4412", "56.4414"}), Integer(1));
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "Sicily", "Palermo", "1", "m", "STORE", "d"}), Integer(1));
  EXPECT_EQ(Run({"ZRANGE", "d", "0", "-1"}), Bulks({"Palermo"}));
  EXPECT_EQ(Run({"GEOSEARCHSTORE", "d", "Sicily", "FROMLONLAT", "0", "0", "BYRADIUS", "1", "m"}),
            Integer(0));
  EXPECT_EQ(Run({"EXISTS", "d"}), Integer(0));
  Run({"SET", "d", "x"});
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "none", "m", "1", "m", "STORE", "d"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "d"}), Integer(0)) << "without a source, too";
  EXPECT_EQ(Run({"GEOSEARCHSTORE", "Sicily", "Sicily", "FROMMEMBER", "Palermo", "BYRADIUS", "1",
                 "m", "STOREDIST"}),
            Integer(1))
      << "into its source";
  EXPECT_EQ(Run({"ZRANGE", "Sicily", "0", "-1", "WITHSCORES"}), Bulks({"Palermo", "0"}));
}

TEST_P(GeoCommands, ErrorsHaveAnOrder) {
  AddSicily();
  Run({"SET", "string", "x"});
  const std::string no_member = "-ERR could not decode requested zset member\r\n";
  EXPECT_EQ(Run({"GEOSEARCH", "string", "nonsense", "1", "2", "3", "4"}), kWrongTypeReply);
  EXPECT_EQ(Run({"GEOSEARCH", "Sicily", "FROMMEMBER", "no", "BYRADIUS", "x", "m"}), no_member);
  EXPECT_EQ(Run({"GEOSEARCH", "Sicily", "FROMMEMBER", "no", "FROMMEMBER", "Palermo", "BYRADIUS",
                 "1", "m"}),
            no_member);
  EXPECT_EQ(Run({"GEOSEARCH", "Sicily", "BYRADIUS", "x", "m", "FROMMEMBER", "no"}),
            "-ERR need numeric radius\r\n");
  EXPECT_EQ(Run({"GEOSEARCH", "none", "FROMMEMBER", "no", "BYRADIUS", "x", "m"}),
            "-ERR need numeric radius\r\n");
  EXPECT_EQ(Run({"GEOSEARCH", "none", "FROMMEMBER", "no", "BYRADIUS", "1", "m"}), "*0\r\n");
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "Sicily", "no", "x", "m"}), no_member);
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "Sicily", "Palermo", "x", "m"}),
            "-ERR need numeric radius\r\n");
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "none", "no", "x", "yd"}), "*0\r\n")
      << "the radius is not looked at";
  EXPECT_EQ(Run({"GEORADIUSBYMEMBER", "none", "no", "x", "yd", "COUNT", "0"}),
            "-ERR COUNT must be > 0\r\n");
  EXPECT_EQ(Run({"GEORADIUS", "none", "x", "1", "1", "m"}), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(Run({"GEOPOS", "string", "m"}), kWrongTypeReply);
  EXPECT_EQ(Run({"GEODIST", "string", "a", "b"}), kWrongTypeReply);
  EXPECT_EQ(Run({"GEOADD", "string", "1", "1", "m"}), kWrongTypeReply);
}

TEST(GeoKeys, AreFoundBehindTheirOptions) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"COMMAND", "GETKEYS", "GEORADIUS", "k", "1", "1", "1", "m", "STORE", "d"}),
            Bulks({"k", "d"}));
  EXPECT_EQ(runner.Run({"COMMAND", "GETKEYS", "GEORADIUS", "k", "1", "1", "1", "m", "ASC"}),
            Bulks({"k"}));
  EXPECT_EQ(runner.Run({"COMMAND", "GETKEYS", "GEORADIUSBYMEMBER", "k", "m", "1", "m", "ASC",
                        "STOREDIST", "d"}),
            Bulks({"k", "d"}));
  EXPECT_EQ(runner.Run({"COMMAND", "GETKEYS", "GEOSEARCHSTORE", "d", "s", "FROMMEMBER", "m",
                        "BYRADIUS", "1", "m"}),
            Bulks({"d", "s"}));
  EXPECT_EQ(
      runner.Run({"COMMAND", "GETKEYS", "ZUNIONSTORE", "d", "2", "a", "b", "WEIGHTS", "1", "2"}),
      Bulks({"d", "a", "b"}));
}

// --- searches that take more than a turn ---

class LargeGeo : public testing::Test {
 protected:
  /// A grid of 100 times 100 members, a hundredth of a degree apart; names and places have
  /// nothing to do with each other.
  LargeGeo() {
    std::vector<std::string> words = {"GEOADD", "grid"};
    for (int i = 0; i < kMembers; ++i) {
      const int place = i * 7919 % kMembers;
      words.push_back(Format("{:.2f}", 10 + 0.01 * (place % 100)));
      words.push_back(Format("{:.2f}", 20 + 0.01 * (place / 100)));
      words.push_back(Format("member:{}", i));
    }
    EXPECT_EQ(runner_.Execute({words.begin(), words.end()}), Integer(kMembers));
    runner_.rig().Compact();
    runner_.rig().Reopen();
  }

  static constexpr int kMembers = 10'000;
  CommandRunner runner_;
};

TEST_F(LargeGeo, GoesInSlices) {
  const uint64_t slices = runner_.slices();
  const std::string all = runner_.Read(
      {"GEOSEARCH", "grid", "FROMLONLAT", "10.5", "20.5", "BYRADIUS", "500", "km", "ASC"});
  EXPECT_GT(runner_.slices() - slices, 10U);
  EXPECT_EQ(MembersOf(all).size(), static_cast<size_t>(kMembers));
  const CommandRunner::Argv radius = {"GEORADIUS", "grid", "10.5", "20.5", "500", "km", "ASC"};
  EXPECT_EQ(runner_.Execute(radius), all) << "one that may write, too";
  const std::string nearest = runner_.Read(
      {"GEOSEARCH", "grid", "FROMLONLAT", "10.5", "20.5", "BYRADIUS", "500", "km", "COUNT", "50"});
  const std::vector<std::string> texts = TextsOf(all);
  EXPECT_EQ(TextsOf(nearest), std::vector<std::string>(texts.begin(), texts.begin() + 50));
}

TEST_F(LargeGeo, CountsALookupOnce) {
  const keyspace::KeyspaceStats& stats = runner_.keyspace().stats();
  const uint64_t hits = stats.hits;
  runner_.Read({"GEOSEARCH", "grid", "FROMLONLAT", "10.5", "20.5", "BYRADIUS", "500", "km"});
  EXPECT_EQ(stats.hits - hits, 1U);
}

TEST_F(LargeGeo, StoresInParts) {
  EXPECT_EQ(runner_.Execute({"GEOSEARCHSTORE", "d", "grid", "FROMLONLAT", "10.5", "20.5",
                             "BYRADIUS", "500", "km"}),
            Integer(kMembers));
  EXPECT_EQ(runner_.Run({"ZCARD", "d"}), Integer(kMembers));
  EXPECT_EQ(runner_.Run({"ZSCORE", "d", "member:7"}), runner_.Run({"ZSCORE", "grid", "member:7"}));
  EXPECT_EQ(runner_.Execute({"GEOSEARCHSTORE", "d", "grid", "FROMLONLAT", "10.5", "20.5",
                             "BYRADIUS", "500", "km", "COUNT", "3000", "STOREDIST"}),
            Integer(3000));
  EXPECT_EQ(runner_.Run({"ZCARD", "d"}), Integer(3000));
  const std::string nearest = runner_.Read(
      {"GEOSEARCH", "grid", "FROMLONLAT", "10.5", "20.5", "BYRADIUS", "500", "km", "COUNT", "1"});
  EXPECT_EQ(TextsOf(runner_.Run({"ZRANGE", "d", "0", "0"})), TextsOf(nearest));
}

}  // namespace
}  // namespace cordwood::commands
