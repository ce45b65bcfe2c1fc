// Searches among random points, beside the packaged Redis: the bytes of all replies are equal.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "base/random.h"
#include "protocol/reply_reader.h"
#include "tests/commands/redis_server.h"
#include "tests/commands/runner.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

using Words = std::vector<std::string>;

/// Points all over the world and in a few crowded places, and questions about them.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  Words Add(size_t points) {
    Words words = {"GEOADD", "world"};
    for (size_t i = 0; i < points; ++i) {
      const auto [longitude, latitude] = Point();
      words.insert(words.end(), {longitude, latitude, Format("p{}", names_++)});
    }
    return words;
  }

  Words Ask() {
    switch (random_.Below(8)) {
      case 0:
        return {"GEOPOS", "world", Name(), Name(), "none"};
      case 1:
        return {"GEOHASH", "world", Name(), Name()};
      case 2:
        return {"GEODIST", "world", Name(), Name(), Unit()};
      case 3:
        return Radius();
      case 4:
        return Store();
      default:
        return Search();
    }
  }

 private:
  double Part() { return static_cast<double>(random_.Next() >> 11) * 0x1p-53; }
  double Between(double low, double high) { return low + Part() * (high - low); }

  std::pair<std::string, std::string> Point() {
    struct Place {
      double longitude;
      double latitude;
      double degrees;
    };
    static constexpr Place kPlaces[] = {{2.35, 48.85, 1},    {-179.9, -17, 0.1}, {179.9, 66, 2},
                                        {0, 84.5, 0.5},      {-70, -66.5, 1},    {0, 0, 0.05},
                                        {139.7, 35.7, 0.05}, {-90, -85, 0.05}};
    double longitude = Between(-180, 180);
    double latitude = Between(-85.05112878, 85.05112878);
    if (random_.OneIn(2)) {
      const Place& place = kPlaces[random_.Below(std::size(kPlaces))];
      longitude = place.longitude + Between(-1, 1) * place.degrees;
      latitude = place.latitude + Between(-1, 1) * place.degrees;
    }
    if (longitude > 180) longitude -= 360;
    if (longitude < -180) longitude += 360;
    return {Format("{}", longitude), Format("{}", latitude)};
  }

  std::string Name() { return Format("p{}", random_.Below(names_)); }
  std::string Unit() {
    static constexpr const char* kUnits[] = {"m", "km", "ft", "mi", "KM"};
    return kUnits[random_.Below(std::size(kUnits))];
  }
  /// From nothing to more than the Earth.
  std::string Length() {
    if (random_.OneIn(30)) return "0";
    return Format("{}", std::pow(10, Between(-2, random_.OneIn(4) ? 8 : 5)));
  }

  void Options(Words& words, bool stores) {
    if (random_.OneIn(2)) words.emplace_back(random_.OneIn(2) ? "ASC" : "DESC");
    if (random_.OneIn(3)) {
      words.insert(words.end(), {"COUNT", Format("{}", random_.Below(200) + 1)});
      if (random_.OneIn(3)) words.emplace_back("ANY");
    }
    if (stores) return;
    for (const char* option : {"WITHDIST", "WITHHASH", "WITHCOORD"}) {
      if (random_.OneIn(2)) words.emplace_back(option);
    }
  }

  void Area(Words& words) {
    if (random_.OneIn(2)) {
      words.insert(words.end(), {"FROMMEMBER", Name()});
    } else {
      const auto [longitude, latitude] = Point();
      words.insert(words.end(), {"FROMLONLAT", longitude, latitude});
    }
    if (random_.OneIn(2)) {
      words.insert(words.end(), {"BYRADIUS", Length(), Unit()});
    } else {
      words.insert(words.end(), {"BYBOX", Length(), Length(), Unit()});
    }
  }

  Words Search() {
    Words words = {"GEOSEARCH", "world"};
    Area(words);
    Options(words, false);
    return words;
  }

  Words Store() {
    Words words = {"GEOSEARCHSTORE", "stored", "world"};
    Area(words);
    Options(words, true);
    if (random_.OneIn(2)) words.emplace_back("STOREDIST");
    return words;
  }

  Words Radius() {
    const auto [longitude, latitude] = Point();
    Words words = {"GEORADIUS", "world", longitude, latitude, Length(), Unit()};
    if (random_.OneIn(2)) words = {"GEORADIUSBYMEMBER", "world", Name(), Length(), Unit()};
    Options(words, false);
    return words;
  }

  Random random_;
  uint64_t names_ = 0;
};

/// Members and scores of a reply, with the scores as numbers: the packaged Redis prints more digits
/// than it takes.
std::vector<std::pair<std::string, double>> ScoresIn(const std::string& bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  std::vector<std::pair<std::string, double>> scores;
  const auto value = reader.Next();
  if (!value || !*value) return scores;
  const auto& items = (*value)->items;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    scores.emplace_back(items[i].text, ParseDouble(items[i + 1].text).value_or(-1));
  }
  return scores;
}

void CompareWorlds(int resp, const keyspace::KeyspaceOptions& options) {
  if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed";
  const size_t points = support::FullRun() ? 100'000 : 3000;
  const int questions = support::FullRun() ? 1000 : 300;
  const uint64_t seed = support::BaseSeed();
  SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
  World world(seed);
  RedisServer redis;
  CommandRunner runner({.seed = seed, .keyspace = options});
  const auto ours = [&](const Words& words) {
    return runner.Execute({words.begin(), words.end()});
  };
  runner.UseResp(resp);
  if (resp == 3) redis.Run(Words{"HELLO", "3"});
  constexpr size_t kAtOnce = 500;
  for (size_t added = 0; added < points; added += kAtOnce) {
    const Words words = world.Add(kAtOnce);
    ASSERT_EQ(ours(words), redis.Run(words));
  }
  const Words stored = {"ZRANGE", "stored", "0", "-1", "WITHSCORES"};
  for (int i = 0; i < questions; ++i) {
    const Words words = world.Ask();
    std::string line;
    for (const std::string& word : words) line += word + " ";
    ASSERT_EQ(ours(words), redis.Run(words)) << line;
    if (words[0] != "GEOSEARCHSTORE" || resp == 3) continue;
    ASSERT_EQ(ScoresIn(ours(stored)), ScoresIn(redis.Run(stored))) << line;
  }
}

TEST(GeoWithRedis, SearchesAreEqualToTheLastByte) { CompareWorlds(2, {}); }

TEST(GeoWithRedis, SearchesAreEqualInResp3) { CompareWorlds(3, {}); }

}  // namespace
}  // namespace cordwood::commands
