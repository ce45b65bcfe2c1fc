#include "tests/commands/event_cases.h"

#include <algorithm>

#include "base/check.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kStringCases = R"(
SET k 1 -> new k, set k
SET k 2 -> set k
SET k 3 EX 100 -> set k, expire k
SET k 4 KEEPTTL -> set k
SET k 5 XX GET PXAT 9000000000000 -> set k, expire k
SET k 6 NX ->
SET none 1 XX ->
SET none 1 XX GET -> keymiss none
SET n 1 GET -> keymiss n, new n, set n
SETEX k 100 v -> set k, expire k
PSETEX p 100000 v -> new p, set p, expire p
SETNX k v ->
SETNX x v -> new x, set x
GETSET x w -> set x
GETSET y w -> keymiss y, new y, set y

SET k v EX 100 -> new k, set k, expire k
GETEX k ->
GETEX k EX 200 -> expire k
GETEX k PXAT 9000000000000 -> expire k
GETEX k PXAT 9000000000000 -> expire k
GETEX k PERSIST -> persist k
GETEX k PERSIST ->
GETEX k PXAT 1 -> del k
GETEX k -> keymiss k
SET k v -> new k, set k
GETDEL k -> del k
GETDEL k -> keymiss k

INCR i -> new i, incrby i
DECR i -> incrby i
INCRBY i 5 -> incrby i
DECRBY i 5 -> incrby i
INCRBYFLOAT i 1.5 -> incrbyfloat i
INCR i ->
APPEND i x -> append i
APPEND i "" -> append i
APPEND a x -> new a, append a
SETRANGE i 3 yy -> setrange i
SETRANGE s 3 yy -> new s, setrange s
SETRANGE i 3 "" ->
SETRANGE none 3 "" ->

MSET b 1 a 2 b 3 -> new b, set b, new a, set a, set b
MSETNX c 1 a 2 ->
MSETNX d 1 c 2 d 3 -> new d, set d, new c, set c, set d
)";

constexpr std::string_view kHashCases = R"(
HSET h f v -> new h, hset h
HSET h f v g w -> hset h
HMSET h f v -> hset h
HSETNX h f v ->
HSETNX h i 1 -> hset h
HINCRBY h i 2 -> hincrby h
HINCRBYFLOAT h i 0.5 -> hincrbyfloat h
HINCRBY n i 2 -> new n, hincrby n
HINCRBYFLOAT m i 2 -> new m, hincrbyfloat m
HDEL h none ->
HDEL h f none -> hdel h
HDEL h g i -> hdel h, del h
HDEL h g i ->
HMSET o f v -> new o, hset o
HSETNX q f v -> new q, hset q
)";

constexpr std::string_view kListCases = R"(
LPUSHX l 1 ->
RPUSHX l 1 ->
LPUSH l 1 2 -> new l, lpush l
RPUSH l 3 -> rpush l
LPUSHX l 1 -> lpush l
RPUSHX l 1 -> rpush l
LSET l 0 9 -> lset l
LSET l 99 9 ->
LINSERT l BEFORE 9 8 -> linsert l
LINSERT l AFTER none 8 ->
LREM l 0 none ->
LREM l 0 1 -> lrem l
LTRIM l 0 -1 -> ltrim l
LTRIM l 0 0 -> ltrim l
LREM l 0 8 -> lrem l, del l
RPUSH l 1 -> new l, rpush l
LTRIM l 1 0 -> ltrim l, del l
LTRIM l 1 0 ->

RPUSH l 1 2 3 4 5 -> new l, rpush l
LPOP l -> lpop l
RPOP l 2 -> rpop l
LPOP l 0 ->
LMPOP 2 none l LEFT COUNT 9 -> lpop l, del l
LMPOP 1 l RIGHT ->
LPOP l ->

RPUSH l 1 2 3 -> new l, rpush l
LMOVE l m LEFT RIGHT -> new m, rpush m, lpop l
RPOPLPUSH l m -> lpush m, rpop l
LMOVE l m RIGHT RIGHT -> rpush m, rpop l, del l
LMOVE l m RIGHT RIGHT ->
LMOVE m m LEFT RIGHT -> rpush m, lpop m
RPUSH one 1 -> new one, rpush one
LMOVE one one LEFT LEFT -> lpush one, lpop one
RPOPLPUSH one one -> lpush one, rpop one

RPUSH l 1 2 3 4 5 6 7 -> new l, rpush l
BLPOP none l 0 -> lpop l
BRPOP l 0 -> rpop l
BLMPOP 0 1 l RIGHT COUNT 2 -> rpop l
BLMOVE l m LEFT LEFT 0 -> new m, lpush m, lpop l
BRPOPLPUSH l m 0 -> lpush m, rpop l
BLPOP l 0 -> lpop l, del l
)";

constexpr std::string_view kSetCases = R"(
SADD s 1 2 -> new s, sadd s
SADD s 1 ->
SADD s 1 x -> sadd s
SREM s none ->
SREM s 1 -> srem s
SMOVE s t 2 -> srem s, new t, sadd t
SADD s 2 -> sadd s
SMOVE s t 2 -> srem s
SMOVE s t none ->
SMOVE t t 2 ->
SMOVE s t x -> srem s, del s, sadd t
SREM t 2 x -> srem t, del t
SADD s 1 2 3 -> new s, sadd s
SPOP s 0 ->
SPOP s 1 -> spop s
SPOP s -> spop s
SPOP s -> spop s, del s
SADD s 1 2 3 -> new s, sadd s
SPOP s 9 -> spop s, del s
SPOP s ->

SADD s 1 2 -> new s, sadd s
SADD t 2 3 -> new t, sadd t
SUNIONSTORE d s t -> new d, sunionstore d
SINTERSTORE d s t -> sinterstore d
SDIFFSTORE d s t -> sdiffstore d
SDIFFSTORE d s none t -> keymiss none, sdiffstore d
SINTERSTORE d s none gone -> keymiss none, keymiss gone, del d
SDIFFSTORE d s s ->
SUNIONSTORE d none -> keymiss none
SUNIONSTORE e s -> new e, sunionstore e
SINTERSTORE i s -> new i, sinterstore i
SDIFFSTORE e s s -> del e
)";

constexpr std::string_view kSortedSetCases = R"(
ZADD z 1 a 2 b -> new z, zadd z
ZADD z 1 a ->
ZADD z XX 1 new ->
ZADD none XX 1 new ->
ZADD z 3 a -> zadd z
ZADD z GT 1 a ->
ZADD z INCR 1 a -> zincr z
ZINCRBY z 1 a -> zincr z
ZINCRBY z 0 a ->
ZINCRBY y 1 a -> new y, zincr y
ZREM z none ->
ZREM z a none -> zrem z
ZREM z b -> zrem z, del z
ZADD z 1 a 2 b 3 c 4 d 5 e 6 f -> new z, zadd z
ZREMRANGEBYRANK z 9 10 ->
ZREMRANGEBYRANK z 0 0 -> zremrangebyrank z
ZREMRANGEBYSCORE z 9 10 ->
ZREMRANGEBYSCORE z 2 2 -> zremrangebyscore z
ZREMRANGEBYLEX z [x + ->
ZREMRANGEBYLEX z - + -> zremrangebylex z, del z
ZADD z 1 a 2 b -> new z, zadd z
ZREMRANGEBYSCORE z -inf inf -> zremrangebyscore z, del z
ZADD z 1 a 2 b -> new z, zadd z
ZREMRANGEBYRANK z 0 -1 -> zremrangebyrank z, del z

ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h -> new z, zadd z
ZPOPMIN z -> zpopmin z
ZPOPMAX z 2 -> zpopmax z
ZPOPMAX z 0 ->
ZMPOP 2 none z MIN -> zpopmin z
BZPOPMIN none z 0 -> zpopmin z
BZPOPMAX z 0 -> zpopmax z
BZMPOP 0 1 z MIN -> zpopmin z
ZMPOP 1 z MAX COUNT 9 -> zpopmax z, del z
ZPOPMIN z ->
ZMPOP 1 z MIN ->

ZADD z 1 a 2 b -> new z, zadd z
ZADD y 2 b 3 c -> new y, zadd y
ZUNIONSTORE d 2 z y -> new d, zunionstore d
ZINTERSTORE d 2 z y -> zinterstore d
ZDIFFSTORE d 2 z y -> zdiffstore d
ZINTERSTORE d 2 z none -> keymiss none, del d
ZDIFFSTORE d 2 z z ->
ZDIFFSTORE e 1 z -> new e, zdiffstore e
ZINTERSTORE f 1 z -> new f, zinterstore f
ZRANGESTORE d z 0 -1 -> new d, zrangestore d
ZRANGESTORE d z 0 0 -> zrangestore d
ZRANGESTORE d z 5 6 -> del d
ZRANGESTORE d none 0 -1 -> keymiss none

GEOADD g 13 38 a 15 37 b -> new g, zadd g
GEOADD g 13 38 a ->
GEOADD g XX CH 14 38 a -> zadd g
GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 10 km -> new d, geosearchstore d
GEOSEARCHSTORE d g FROMMEMBER a BYBOX 1000 1000 km -> geosearchstore d
GEORADIUS g 15 37 10 km STORE d -> georadiusstore d
GEORADIUSBYMEMBER g a 10 km STOREDIST d -> georadiusstore d
GEORADIUS g 0 0 10 km STORE d -> del d
GEORADIUS g 0 0 10 km ->
GEORADIUSBYMEMBER none a 10 km STORE d -> keymiss none
GEOSEARCHSTORE e g FROMLONLAT 0 0 BYRADIUS 10 km ->
)";

constexpr std::string_view kKeyCases = R"(
MSET a 1 b 2 c 3 -> new a, set a, new b, set b, new c, set c
DEL c none a -> del c, del a
UNLINK none b -> del b

SET k v -> new k, set k
EXPIRE k 100 -> expire k
EXPIRE k 50 GT ->
PEXPIRE k 100000 -> expire k
EXPIREAT k 9000000000 -> expire k
PEXPIREAT k 9000000000000 -> expire k
PERSIST k -> persist k
PERSIST k ->
EXPIRE none 100 ->
EXPIREAT k 1 -> del k
SET k v -> new k, set k
PEXPIREAT k 1 -> del k
SET k v -> new k, set k
EXPIRE k 0 -> del k
SET k v -> new k, set k
PEXPIRE k -1 -> del k

MSET a 1 b 2 -> new a, set a, new b, set b
RENAME a c -> new c, rename_from a, rename_to c
RENAME b c -> new c, rename_from b, rename_to c
RENAME c c ->
RENAMENX c d -> new d, rename_from c, rename_to d
SET e 1 -> new e, set e
RENAMENX d e ->
COPY d f -> new f, copy_to f
COPY d f ->
COPY d f REPLACE -> new f, copy_to f
COPY none f REPLACE -> keymiss none
COPY d d DB 2 -> new d@2, copy_to d@2
MOVE d 2 ->
MOVE e 3 -> new e@3, move_from e, move_to e@3
MOVE none 3 ->
SELECT 2 ->
SET x 1 -> new x@2, set x@2
SWAPDB 2 4 ->
DEL x ->
SELECT 4 ->
DEL x d -> del x@4, del d@4
SELECT 3 ->
FLUSHDB ->
FLUSHALL ->
SELECT 0 ->

SET k v PXAT 1 -> new k, set k, expire k
SET k w -> expired k, new k, set k
SET k v PXAT 1 -> set k, expire k
SET k w XX -> expired k
SET k v PXAT 1 -> new k, set k, expire k
DEL k -> expired k
SET k v PXAT 1 -> new k, set k, expire k
APPEND k v -> expired k, new k, append k
SET k v PXAT 1 -> set k, expire k
MSET j 1 k 2 -> new j, set j, expired k, new k, set k
SET k v PXAT 1 -> set k, expire k
RENAME j k -> expired k, new k, rename_from j, rename_to k
SET k v PXAT 1 -> set k, expire k
GETSET k 1 -> expired k, keymiss k, new k, set k

SET s v -> new s, set s
MULTI ->
HSET h f v ->
HDEL h f ->
LPUSH s v ->
GET none ->
SELECT 1 ->
SET t v ->
FLUSHDB ->
SET t v ->
SELECT 0 ->
DEL s ->
EXEC -> new h, hset h, hdel h, del h, keymiss none, new t@1, set t@1, new t@1, set t@1, del s
)";

constexpr std::string_view kReadCases = R"(
SET k v -> new k, set k
SADD s 1 -> new s, sadd s
ZADD z 1 a -> new z, zadd z
GET k ->
GET none -> keymiss none
MGET k none s -> keymiss none
STRLEN none -> keymiss none
GETRANGE none 0 1 -> keymiss none
SUBSTR none 0 1 -> keymiss none
LCS none k -> keymiss none
EXISTS k none no -> keymiss none, keymiss no
TOUCH none k -> keymiss none
TYPE none -> keymiss none
TTL none -> keymiss none
PTTL none -> keymiss none
EXPIRETIME none -> keymiss none
PEXPIRETIME none -> keymiss none
OBJECT ENCODING none ->
HGET none f -> keymiss none
HGETALL none -> keymiss none
HMGET none f -> keymiss none
HLEN none -> keymiss none
HEXISTS none f -> keymiss none
HRANDFIELD none -> keymiss none
HSCAN none 0 -> keymiss none
LLEN none -> keymiss none
LINDEX none 0 -> keymiss none
LRANGE none 0 -1 -> keymiss none
LPOS none x -> keymiss none
SCARD none -> keymiss none
SISMEMBER none x -> keymiss none
SMISMEMBER none x -> keymiss none
SMEMBERS none -> keymiss none
SRANDMEMBER none -> keymiss none
SINTER none s no -> keymiss none, keymiss no
SUNION none s no -> keymiss none, keymiss no
SDIFF s none -> keymiss none
SINTERCARD 2 s none -> keymiss none
SSCAN none 0 -> keymiss none
ZCARD none -> keymiss none
ZSCORE none a -> keymiss none
ZMSCORE none a -> keymiss none
ZRANK none a -> keymiss none
ZCOUNT none 0 1 -> keymiss none
ZLEXCOUNT none - + -> keymiss none
ZRANGE none 0 -1 -> keymiss none
ZRANGEBYSCORE none 0 1 -> keymiss none
ZRANDMEMBER none -> keymiss none
ZSCAN none 0 -> keymiss none
ZUNION 2 z none -> keymiss none
ZINTER 2 z none -> keymiss none
ZDIFF 2 z none -> keymiss none
ZINTERCARD 2 z none -> keymiss none
GEOPOS none a -> keymiss none
GEODIST none a b -> keymiss none
GEOHASH none a -> keymiss none
GEOSEARCH none FROMLONLAT 0 0 BYRADIUS 1 m -> keymiss none
GEORADIUS_RO none 0 0 1 m -> keymiss none
GEORADIUSBYMEMBER_RO none a 1 m -> keymiss none
MEMORY USAGE none ->
FUNCTION FLUSH ->
DEBUG POPULATE 2 p -> new p:0, new p:1
)";

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  for (size_t end = 0; !text.empty(); text.remove_prefix(std::min(text.size(), end + 1))) {
    end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!word.empty()) words.emplace_back(word == "\"\"" ? "" : word);
  }
  return words;
}

void AppendCases(std::string_view text, std::vector<EventCase>& cases) {
  constexpr std::string_view kArrow = " ->";
  bool is_first = true;
  for (size_t end = 0; !text.empty(); text.remove_prefix(end + 1)) {
    end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const size_t arrow = line.find(kArrow);
    if (line.empty()) {
      is_first = true;
      continue;
    }
    CHECK(arrow != std::string_view::npos);
    std::string_view events = line.substr(arrow + kArrow.size());
    if (events.starts_with(' ')) events.remove_prefix(1);
    cases.push_back({.argv = WordsOf(line.substr(0, arrow)),
                     .events = std::string(events),
                     .is_first = is_first});
    is_first = false;
  }
}

}  // namespace

std::vector<EventCase> EventCases() {
  std::vector<EventCase> cases;
  for (const std::string_view text :
       {kStringCases, kHashCases, kListCases, kSetCases, kSortedSetCases, kKeyCases, kReadCases}) {
    AppendCases(text, cases);
  }
  return cases;
}

}  // namespace cordwood::commands
