#include "tests/commands/command_stream.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/format.h"

namespace cordwood::commands {
namespace {

using namespace std::string_view_literals;

constexpr uint64_t kKeyNames = 5;
constexpr uint64_t kFieldNames = 12;

constexpr std::string_view kIntegers[] = {"0"sv,
                                          "1000"sv,
                                          "-1000"sv,
                                          "123456789"sv,
                                          "9223372036854775807"sv,
                                          "-9223372036854775808"sv,
                                          "9223372036854775800"sv,
                                          "-9223372036854775800"sv};
constexpr std::string_view kFloats[] = {"0.1"sv,   "-2.5"sv,  "1e3"sv,   "3.0"sv,
                                        "1e-10"sv, "5.0e3"sv, "0x10"sv,  "+7"sv,
                                        ".5"sv,    "5."sv,    "-1e-5"sv, "123456789.123456789"sv};
/// Without -0: Redis forgets the sign in a listpack.
constexpr std::string_view kScores[] = {"0"sv,   "-3"sv,     "1"sv,   "2"sv,    "3"sv,   "-1.5"sv,
                                        "2.5"sv, "0.1"sv,    "1e3"sv, "0x10"sv, "inf"sv, "-inf"sv,
                                        "+7"sv,  "1e-300"sv, ".5"sv,  "1e17"sv, "4"sv,   "1.25"sv};
constexpr std::string_view kScoreBounds[] = {
    "-inf"sv, "+inf"sv, "0"sv,     "(0"sv, "1"sv,  "(1"sv,    "2.5"sv, "(2.5"sv, "-2"sv,
    "10"sv,   "(inf"sv, "(-inf"sv, "("sv,  " 1"sv, "1e400"sv, "(x"sv,  "0x2"sv,  "[1"sv};
constexpr std::string_view kNameBounds[] = {"-"sv,    "+"sv,  "[f1"sv, "(f1"sv, "[f3"sv, "(f5"sv,
                                            "[5"sv,   "(1"sv, "["sv,   "("sv,   "[f"sv,  "(f99"sv,
                                            "[f11"sv, "f1"sv, ""sv,    "+x"sv,  "-"sv,   "+"sv};
constexpr std::string_view kPositions[] = {"0"sv, "1"sv, "3"sv, "-1"sv, "-3"sv, "20"sv, "300"sv};
/// Some of them beyond what stays whole of a string that a part is written of.
constexpr std::string_view kOffsets[] = {"0"sv,    "1"sv,    "20"sv,  "-1"sv,
                                         "4090"sv, "4096"sv, "5000"sv};
/// In seconds and milliseconds, from now and since 1970: either far away or long ago.
constexpr std::string_view kTimes[] = {
    "0"sv, "-1"sv, "1000000"sv, "99999999999"sv, "9223372036854775807"sv, "9223372036854775"sv};
/// Far away. SET with one long ago leaves a key that Redis removes when it comes upon it.
constexpr std::string_view kMoments[] = {"9000000000"sv, "9000000001"sv, "9500000000"sv};
constexpr std::string_view kMsMoments[] = {"9000000000000"sv, "9000000000499"sv, "9000000000500"sv,
                                           "9500000000001"sv};
constexpr std::string_view kDatabaseWords[] = {"0"sv, "0"sv, "0"sv, "1"sv, "2"sv, "15"sv, "16"sv};
constexpr std::string_view kGlobs[] = {"*"sv,  "k*"sv,   "k[0-2]"sv, "k?"sv, "[^k]"sv,
                                       "k1"sv, "\\k1"sv, "*[1"sv,    "k"sv,  "k[^1-3]"sv};
constexpr std::string_view kBroken[] = {""sv,
                                        "abc"sv,
                                        "1.5"sv,
                                        " 1000"sv,
                                        "1000 "sv,
                                        "+1000"sv,
                                        "0x10"sv,
                                        "nan"sv,
                                        "inf"sv,
                                        "-inf"sv,
                                        "18446744073709551616"sv,
                                        "9223372036854775808"sv,
                                        "-9223372036854775809"sv,
                                        "1e400"sv,
                                        "1e300"sv,
                                        "1e4931"sv,
                                        "a\0b"sv,
                                        "\r\n"sv,
                                        "0"sv,
                                        "-1"sv,
                                        "-9223372036854775808"sv,
                                        "9223372036854775807"sv,
                                        "NX"sv,
                                        "GET"sv,
                                        "*"sv,
                                        "COUNT"sv};

/// Some of them near each other, at the edges of the map, or beyond them.
constexpr std::string_view kPlaces[] = {"13.361389 38.115556"sv,
                                        "15.087269 37.502669"sv,
                                        "12.758489 38.788135"sv,
                                        "17.241510 38.788135"sv,
                                        "-180 -85.05112878"sv,
                                        "179.99 85.05"sv,
                                        "180 85.05112878"sv,
                                        "0 0"sv,
                                        "-0.0001 1e-7"sv,
                                        "-73.9454966 40.747533"sv,
                                        "116.4 -39.9"sv,
                                        "0x10 1e1"sv,
                                        "181 0"sv,
                                        "0 85.06"sv};
constexpr std::string_view kLengths[] = {"0"sv,     "1"sv,       "200"sv, "500.5"sv,
                                         "20000"sv, "300000"sv,  "1e9"sv, "inf"sv,
                                         "1e-9"sv,  "1000000"sv, "-1"sv,  "nan"sv};
constexpr std::string_view kUnits[] = {"m"sv, "km"sv, "KM"sv, "ft"sv, "mi"sv, "m"sv, "yd"sv};

struct OptionSet {
  std::string_view name;
  std::string_view forms;  // with '|' between them
};

constexpr OptionSet kOptionSets[] = {
    {"{set}", "NX|XX|GET|KEEPTTL|EX t|PX t|EXAT t|PXAT t|nx|get"},
    {"{getex}", "PERSIST|EX t|PX t|EXAT t|PXAT t|persist"},
    {"{lcs}", "LEN|IDX|IDX WITHMATCHLEN|MINMATCHLEN x|idx"},
    {"{expire}", "NX|XX|GT|LT|nx|FOO"},
    {"{copy}", "REPLACE|DB b|replace|DB"},
    {"{keys}", "MATCH g|TYPE string|TYPE HASH|TYPE zset|TYPE foo|COUNT 2000|count 0|MATCH"},
    {"{flush}", "SYNC|ASYNC"},
    {"{lpos}", "RANK x|COUNT x|MAXLEN x|rank -1|COUNT 0|RANK"},
    {"{lmpop}", "COUNT x|count 2|COUNT"},
    {"{zadd}", "NX|XX|CH|GT|LT|nx|INCR"},
    {"{zrange}", "REV|WITHSCORES|BYSCORE|BYLEX|LIMIT 0 x|LIMIT x x|rev"},
    {"{zscore}", "WITHSCORES|LIMIT x x|LIMIT 0 3|withscores|LIMIT 1"},
    {"{zop}",
     "WEIGHTS q q|AGGREGATE SUM|AGGREGATE min|AGGREGATE MAX|WITHSCORES|AGGREGATE|WEIGHTS q"},
    {"{geo}", "WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT 100|COUNT 100 ANY|COUNT 0|ANY|STORE"},
    {"{geostore}", "STORE k|STOREDIST k|store k|ASC|COUNT 100|WITHDIST"},
    {"{from}", "FROMMEMBER e|FROMLONLAT p|frommember e|FROMMEMBER"},
    {"{by}", "BYRADIUS l u|BYBOX l l u|byradius l u|BYBOX l"},
    {"{geoadd}", "NX|XX|CH|nx"},
    {"{scan}", "COUNT 1000|MATCH *|MATCH f1*|MATCH [^f]*|count 0|MATCH"},
};

constexpr std::string_view kStringForms[] = {
    "APPEND k v", "DECR k",         "DECRBY k i",      "GET k",          "GET k",
    "GETDEL k",   "GETEX k",        "GETEX k {getex}", "GETRANGE k o o", "GETSET k v",
    "INCR k",     "INCRBY k i",     "INCRBYFLOAT k d", "LCS k k {lcs}",  "MGET k+",
    "MSET kv+",   "MSETNX kv+",     "PSETEX k t v",    "SET k v",        "SET k v",
    "SET k i",    "SET k d",        "SET k v {set}",   "SET k i {set}",  "SETEX k t v",
    "SETNX k v",  "SETRANGE k o v", "STRLEN k",        "SUBSTR k x x",   "GETEX k {getex} {getex}"};

constexpr std::string_view kHashForms[] = {"HDEL k f+",
                                           "HEXISTS k f",
                                           "HGET k f",
                                           "HGETALL k",
                                           "HINCRBY k f i",
                                           "HINCRBYFLOAT k f d",
                                           "HKEYS k",
                                           "HLEN k",
                                           "HMGET k f+",
                                           "HMSET k fv+",
                                           "HRANDFIELD k x",
                                           "HRANDFIELD k 1000",
                                           "HRANDFIELD k 0 WITHVALUES",
                                           "HRANDFIELD k 1000 WITHVALUES",
                                           "HSCAN k 0 {scan}",
                                           "HSET k fv+",
                                           "HSET k fv+",
                                           "HSET k f i",
                                           "HSETNX k f v",
                                           "HSTRLEN k f",
                                           "HVALS k",
                                           "HSET k f d",
                                           "HSCAN k x {scan}"};

constexpr std::string_view kSetForms[] = {"SADD k e+",        "SADD k e+",
                                          "SADD k e+",        "SADD k e+",
                                          "SADD k v",         "SADD k i",
                                          "SPOP k",           "SPOP k x",
                                          "SPOP k 1000",      "SRANDMEMBER k",
                                          "SRANDMEMBER k x",  "SRANDMEMBER k 1000",
                                          "SINTER k+",        "SUNION k+",
                                          "SDIFF k+",         "SINTERCARD 2 k k",
                                          "SDIFF k k",        "SINTERCARD 1 k LIMIT x",
                                          "SINTER k k",       "SINTERCARD 3 k k k LIMIT x",
                                          "SINTERSTORE k k+", "SINTERSTORE k k k",
                                          "SUNIONSTORE k k+", "SDIFFSTORE k k+",
                                          "SDIFFSTORE k k k", "SINTERCARD x k+",
                                          "SCARD k",          "SISMEMBER k e",
                                          "SMEMBERS k",       "SMISMEMBER k e+",
                                          "SMOVE k k e",      "SREM k e+",
                                          "SSCAN k 0 {scan}", "SSCAN k x {scan}",
                                          "EXPIREAT k a",     "EXPIRETIME k",
                                          "COPY k k REPLACE", "RENAME k k",
                                          "TYPE k",           "DEL k"};
constexpr std::string_view kSortedSetForms[] = {"ZADD k qe+",
                                                "ZADD k qe+",
                                                "ZADD k qe+",
                                                "ZADD k qe+",
                                                "ZADD k {zadd} qe+",
                                                "ZADD k {zadd} qe+",
                                                "ZADD k {zadd} INCR q e",
                                                "ZINCRBY k q e",
                                                "ZINCRBY k q e",
                                                "ZREM k e+",
                                                "ZCARD k",
                                                "ZSCORE k e",
                                                "ZMSCORE k e+",
                                                "ZRANGE k 0 -1 WITHSCORES",
                                                "ZRANGE k x x",
                                                "ZRANGE k x x {zrange}",
                                                "ZRANGE k r r BYSCORE {zscore}",
                                                "ZRANGE k r r BYSCORE REV {zscore}",
                                                "ZREVRANGE k x x",
                                                "ZREVRANGE k x x WITHSCORES",
                                                "ZRANGEBYSCORE k r r",
                                                "ZRANGEBYSCORE k r r {zscore}",
                                                "ZREVRANGEBYSCORE k r r {zscore}",
                                                "ZCOUNT k r r",
                                                "ZRANK k e",
                                                "ZREVRANK k e",
                                                "ZREMRANGEBYRANK k x x",
                                                "ZREMRANGEBYSCORE k r r",
                                                "ZPOPMIN k",
                                                "ZPOPMIN k x",
                                                "ZPOPMAX k",
                                                "ZPOPMAX k x",
                                                "ZMPOP 1 k MIN",
                                                "ZMPOP 2 k k MAX COUNT x",
                                                "ZMPOP x k k MIN {lmpop}",
                                                "ZRANDMEMBER k",
                                                "ZRANDMEMBER k x",
                                                "ZRANDMEMBER k 1000 WITHSCORES",
                                                "ZSCAN k 0 {scan}",
                                                "ZSCAN k x {scan}",
                                                "COPY k k REPLACE",
                                                "RENAME k k",
                                                "TYPE k",
                                                "OBJECT ENCODING k",
                                                "DEL k"};

constexpr std::string_view kLexForms[] = {"ZADD k 0 e",
                                          "ZADD k 0 e 0 e 0 e",
                                          "ZADD k 0 e 0 e 0 e",
                                          "ZREM k e",
                                          "ZRANGEBYLEX k y y",
                                          "ZRANGEBYLEX k y y LIMIT x x",
                                          "ZREVRANGEBYLEX k y y",
                                          "ZREVRANGEBYLEX k y y LIMIT x x",
                                          "ZRANGE k y y BYLEX",
                                          "ZRANGE k y y BYLEX REV LIMIT x x",
                                          "ZRANGE k y y BYLEX WITHSCORES",
                                          "ZRANGEBYLEX k - +",
                                          "ZLEXCOUNT k y y",
                                          "ZLEXCOUNT k - +",
                                          "ZREMRANGEBYLEX k y y",
                                          "ZRANGE k 0 -1"};

constexpr std::string_view kListForms[] = {"LPUSH k f+",
                                           "LPUSH k f+",
                                           "LPUSH k v",
                                           "RPUSH k f+",
                                           "RPUSH k f+",
                                           "RPUSH k v",
                                           "LPUSHX k f+",
                                           "RPUSHX k f+",
                                           "LPOP k",
                                           "LPOP k x",
                                           "RPOP k",
                                           "RPOP k x",
                                           "LLEN k",
                                           "LRANGE k x x",
                                           "LRANGE k 0 -1",
                                           "LMOVE k k LEFT RIGHT",
                                           "LMOVE k k right left",
                                           "LMOVE k k LEFT LEFT",
                                           "RPOPLPUSH k k",
                                           "LMPOP 1 k LEFT",
                                           "LMPOP 2 k k RIGHT COUNT x",
                                           "LMPOP x k k LEFT {lmpop}",
                                           "LINDEX k x",
                                           "LINDEX k x",
                                           "LSET k x f",
                                           "LSET k x v",
                                           "LINSERT k BEFORE f f",
                                           "LINSERT k AFTER f f",
                                           "LINSERT k after f v",
                                           "LREM k x f",
                                           "LREM k 1 f",
                                           "LREM k 0 f",
                                           "LTRIM k x x",
                                           "LTRIM k 0 20",
                                           "LTRIM k -20 -1",
                                           "LPOS k f",
                                           "LPOS k f {lpos}",
                                           "COPY k k REPLACE",
                                           "RENAME k k",
                                           "TYPE k"};

constexpr std::string_view kKeyForms[] = {"SET k v",
                                          "SET k v",
                                          "SET k i",
                                          "SETRANGE k 5000 v",
                                          "SETRANGE k 9000 v",
                                          "SET k v EXAT a",
                                          "SET k v PXAT m",
                                          "HSET k fv+",
                                          "HSET k f v",
                                          "GET k",
                                          "HGETALL k",
                                          "DEL k+",
                                          "UNLINK k+",
                                          "EXISTS k+",
                                          "TOUCH k+",
                                          "TYPE k",
                                          "RENAME k k",
                                          "RENAMENX k k",
                                          "COPY k k {copy}",
                                          "COPY k k {copy}",
                                          "MOVE k b",
                                          "KEYS g",
                                          "SCAN 0 COUNT 1000 {keys}",
                                          "RANDOMKEY",
                                          "OBJECT ENCODING k",
                                          "OBJECT FREQ k",
                                          "EXPIREAT k a {expire}",
                                          "EXPIREAT k a",
                                          "EXPIREAT k 1 {expire}",
                                          "PEXPIREAT k m {expire}",
                                          "EXPIRE k 0 {expire}",
                                          "PEXPIRE k -1 {expire}",
                                          "EXPIRE k 9223372036854775807",
                                          "PERSIST k",
                                          "PEXPIRETIME k",
                                          "DBSIZE",
                                          "DBSIZE",
                                          "SELECT b",
                                          "SWAPDB b b",
                                          "FLUSHDB {flush}",
                                          "MEMORY USAGE none",
                                          "COMMAND GETKEYS SET k v",
                                          "COMMAND GETKEYS MSET kv+",
                                          "CLIENT SETNAME f",
                                          "CLIENT GETNAME",
                                          "ECHO v",
                                          "PING",
                                          "AUTH v"};

constexpr std::string_view kTransactionForms[] = {
    "MULTI",    "MULTI",   "MULTI",   "EXEC",  "EXEC",       "EXEC",  "DISCARD", "WATCH k",
    "WATCH k+", "UNWATCH", "SET k v", "DEL k", "HSET k f v", "GET k", "INCR k",  "FLUSHDB"};

/// Beside sets, whose keys are m0, m1 and so on.
constexpr std::string_view kSortedOperationForms[] = {"ZADD k qe+",
                                                      "ZADD k qe+",
                                                      "SADD m0 e+",
                                                      "SADD m1 e+",
                                                      "DEL m0",
                                                      "ZUNION 2 k k WITHSCORES",
                                                      "ZUNION 2 k k {zop}",
                                                      "ZUNION 3 k m0 k WEIGHTS q q q WITHSCORES",
                                                      "ZUNION x k+",
                                                      "ZINTER 2 k k WITHSCORES",
                                                      "ZINTER 2 k k {zop}",
                                                      "ZINTER 2 m0 k {zop}",
                                                      "ZINTER 3 k k k WEIGHTS q q q WITHSCORES",
                                                      "ZDIFF 2 k k WITHSCORES",
                                                      "ZDIFF 3 k k m1",
                                                      "ZDIFF 2 m0 k {zop}",
                                                      "ZINTERCARD 2 k k",
                                                      "ZINTERCARD 2 k m0 LIMIT x",
                                                      "ZUNIONSTORE k 2 k k",
                                                      "ZUNIONSTORE k 2 k k {zop}",
                                                      "ZUNIONSTORE k 2 k m1 {zop}",
                                                      "ZINTERSTORE k 2 k k {zop}",
                                                      "ZINTERSTORE k 3 k k k WEIGHTS q q q",
                                                      "ZDIFFSTORE k 2 k k",
                                                      "ZDIFFSTORE k 3 k k m0",
                                                      "ZRANGESTORE k k x x",
                                                      "ZRANGESTORE k k x x REV",
                                                      "ZRANGESTORE k k r r BYSCORE {zscore}",
                                                      "ZRANGESTORE k k r r BYSCORE REV LIMIT x x",
                                                      "ZRANGESTORE k k x x {zrange}",
                                                      "EXPIREAT k a",
                                                      "EXPIRETIME k"};

constexpr std::string_view kGeoForms[] = {"GEOADD k p e",
                                          "GEOADD k p e p e",
                                          "GEOADD k {geoadd} p e p e",
                                          "GEOADD k p e p e p e",
                                          "ZREM k e",
                                          "ZADD k q e",
                                          "GEOPOS k e+",
                                          "GEOHASH k e+",
                                          "GEODIST k e e",
                                          "GEODIST k e e u",
                                          "GEOSEARCH k FROMMEMBER e BYRADIUS l u {geo}",
                                          "GEOSEARCH k FROMLONLAT p BYBOX l l u {geo}",
                                          "GEOSEARCH k FROMLONLAT p BYRADIUS l u {geo}",
                                          "GEOSEARCH k {from} {by} {geo}",
                                          "GEOSEARCH k {geo} {by} {from}",
                                          "GEOSEARCHSTORE k k FROMLONLAT p BYRADIUS l u",
                                          "GEOSEARCHSTORE k k {from} {by} COUNT 100 STOREDIST",
                                          "GEOSEARCHSTORE k k FROMMEMBER e BYBOX l l u {geo}",
                                          "GEORADIUS k p l u {geo}",
                                          "GEORADIUS k p l u {geostore}",
                                          "GEORADIUS_RO k p l u {geo}",
                                          "GEORADIUSBYMEMBER k e l u {geo}",
                                          "GEORADIUSBYMEMBER k e l u {geostore}",
                                          "GEORADIUSBYMEMBER_RO k e l u {geo}",
                                          "COMMAND GETKEYS GEORADIUS k p l u {geostore}",
                                          "ZRANGE k 0 -1 WITHSCORES",
                                          "DEL k"};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

}  // namespace

CommandForms StringForms() { return {.key_prefix = "s", .forms = kStringForms}; }

CommandForms HashForms() { return {.key_prefix = "h", .forms = kHashForms}; }

CommandForms SetForms() { return {.key_prefix = "m", .forms = kSetForms}; }

CommandForms SortedOperationForms() { return {.key_prefix = "z", .forms = kSortedOperationForms}; }

CommandForms GeoForms() { return {.key_prefix = "g", .forms = kGeoForms}; }

CommandForms SortedSetForms() { return {.key_prefix = "z", .forms = kSortedSetForms}; }

CommandForms LexForms() { return {.key_prefix = "y", .forms = kLexForms, .keeps_arguments = true}; }

CommandForms ListForms() { return {.key_prefix = "l", .forms = kListForms}; }

CommandForms TransactionForms() { return {.key_prefix = "k", .forms = kTransactionForms}; }

CommandForms KeyForms() { return {.key_prefix = "k", .forms = kKeyForms}; }

std::vector<std::string> CommandStream::Next() {
  const CommandForms& family = families_[random_.Below(families_.size())];
  key_prefix_ = family.key_prefix;
  const std::string_view form = family.forms[random_.Below(family.forms.size())];
  std::vector<std::string> argv;
  for (const std::string_view token : Split(form, ' ')) {
    if (argv.empty()) {
      argv.emplace_back(token);
    } else {
      Fill(token, argv);
    }
  }
  if (random_.Below(100) < 15) Spoil(argv, family.keeps_arguments);
  return argv;
}

void CommandStream::Fill(std::string_view token, std::vector<std::string>& argv) {
  if (token.front() == '{') return FillOptions(token, argv);
  const uint64_t times = token.back() == '+' ? random_.Below(4) + 1 : 1;
  if (token.back() == '+') token.remove_suffix(1);
  for (uint64_t i = 0; i < times; ++i) {
    if (token == "k") {
      argv.push_back(Key());
    } else if (token == "f") {
      argv.push_back(Field());
    } else if (token == "e") {
      argv.push_back(Member());
    } else if (token == "v") {
      argv.push_back(Value());
    } else if (token == "i") {
      argv.push_back(Integer());
    } else if (token == "d") {
      argv.push_back(Float());
    } else if (token == "q") {
      argv.push_back(Pick(kScores));
    } else if (token == "r") {
      argv.push_back(Pick(kScoreBounds));
    } else if (token == "y") {
      argv.push_back(Pick(kNameBounds));
    } else if (token == "p") {
      const std::string place = Pick(kPlaces);
      for (const std::string_view degrees : Split(place, ' ')) argv.emplace_back(degrees);
    } else if (token == "l") {
      argv.push_back(Pick(kLengths));
    } else if (token == "u") {
      argv.push_back(Pick(kUnits));
    } else if (token == "qe") {
      argv.push_back(Pick(kScores));
      argv.push_back(Member());
    } else if (token == "x") {
      argv.push_back(Pick(kPositions));
    } else if (token == "o") {
      argv.push_back(Pick(kOffsets));
    } else if (token == "t") {
      argv.push_back(Pick(kTimes));
    } else if (token == "a") {
      argv.push_back(Pick(kMoments));
    } else if (token == "m") {
      argv.push_back(Pick(kMsMoments));
    } else if (token == "b") {
      argv.push_back(Pick(kDatabaseWords));
    } else if (token == "g") {
      argv.push_back(Pick(kGlobs));
    } else if (token == "kv" || token == "fv") {
      argv.push_back(token == "kv" ? Key() : Field());
      argv.push_back(Value());
    } else {
      argv.emplace_back(token);
    }
  }
}

void CommandStream::FillOptions(std::string_view set, std::vector<std::string>& argv) {
  for (const OptionSet& options : kOptionSets) {
    if (options.name != set) continue;
    const std::vector<std::string_view> forms = Split(options.forms, '|');
    for (uint64_t i = random_.Below(4); i > 0; --i) {
      for (const std::string_view word : Split(forms[random_.Below(forms.size())], ' ')) {
        Fill(word, argv);
      }
    }
    return;
  }
  CHECK(false);
}

void CommandStream::Spoil(std::vector<std::string>& argv, bool keeps_arguments) {
  const size_t at = random_.Below(argv.size());
  switch (random_.Below(keeps_arguments ? 2 : 5)) {
    case 0:  // one is missing
      if (argv.size() > 1) argv.pop_back();
      break;
    case 1:  // one too many
      argv.push_back(Pick(kBroken));
      break;
    case 2:
      argv[at] = Pick(kBroken);
      break;
    case 3:
      argv.back() = Pick(kBroken);
      break;
    default:  // not wrong
      argv[0] = ToLower(argv[0]);
  }
}

std::string CommandStream::Key() {
  if (random_.OneIn(12)) {
    return Format("{}{}", families_[random_.Below(families_.size())].key_prefix,
                  random_.Below(kKeyNames));
  }
  return Format("{}{}", key_prefix_, random_.Below(kKeyNames));
}

std::string CommandStream::Field() {
  return random_.OneIn(40) ? std::string() : Format("f{}", random_.Below(kFieldNames));
}

std::string CommandStream::Member() {
  return random_.OneIn(2) ? Field() : Format("{}", random_.Below(kFieldNames));
}

std::string CommandStream::Value() {
  if (random_.OneIn(4)) return Integer();
  if (random_.OneIn(6)) return Float();
  std::string value;
  for (uint64_t i = random_.Below(20); i > 0; --i) {
    value.push_back("abcdefgh\0\xff\r\n"sv[random_.Below(random_.OneIn(5) ? 12 : 4)]);
  }
  return value;
}

std::string CommandStream::Integer() { return random_.OneIn(30) ? Pick(kBroken) : Pick(kIntegers); }

std::string CommandStream::Float() { return random_.OneIn(30) ? Pick(kBroken) : Pick(kFloats); }

std::string CommandStream::Pick(std::span<const std::string_view> from) {
  return std::string(from[random_.Below(from.size())]);
}

}  // namespace cordwood::commands
