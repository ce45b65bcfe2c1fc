// A program that was written for Redis, with its C client library, works as it stands: blocking
// calls, pipelines and callbacks. The server listens at CORDWOOD_PORT, see with_server.py.

#include <gtest/gtest.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <poll.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cordwood {
namespace {

using namespace std::string_literals;

constexpr const char* kHost = "127.0.0.1";
constexpr int kWaitMs = 60'000;
constexpr size_t kBigBytes = 8 << 20;  // more than a log segment of this server

int Port() {
  const char* const port = std::getenv("CORDWOOD_PORT");
  return port ? std::atoi(port) : 0;
}

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, Free>;

std::string Text(const redisReply& reply) { return {reply.str, reply.len}; }

/// Bytes that no text protocol could carry, different for each seed.
std::string Binary(size_t bytes, uint32_t seed) {
  std::string value(bytes, '\0');
  for (char& byte : value) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return value;
}

/// A command as hiredis takes it: pointers and sizes, so that arguments may hold any byte.
class Words {
 public:
  explicit Words(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      pointers_.push_back(word.data());
      sizes_.push_back(word.size());
    }
  }
  int count() const { return static_cast<int>(pointers_.size()); }
  const char** pointers() { return pointers_.data(); }
  const size_t* sizes() const { return sizes_.data(); }

 private:
  std::vector<const char*> pointers_;
  std::vector<size_t> sizes_;
};

class Hiredis : public testing::Test {
 protected:
  void SetUp() override {
    context_.reset(
        redisConnectWithTimeout(kHost, Port(), {.tv_sec = kWaitMs / 1000, .tv_usec = 0}));
    ASSERT_TRUE(context_);
    ASSERT_EQ(context_->err, 0) << context_->errstr;
    ASSERT_EQ(redisSetTimeout(context_.get(), {.tv_sec = kWaitMs / 1000, .tv_usec = 0}), REDIS_OK);
  }

  Reply Call(const std::vector<std::string>& command) {
    Words words(command);
    return Checked(
        redisCommandArgv(context_.get(), words.count(), words.pointers(), words.sizes()));
  }

  void Append(const std::vector<std::string>& command) {
    Words words(command);
    ASSERT_EQ(
        redisAppendCommandArgv(context_.get(), words.count(), words.pointers(), words.sizes()),
        REDIS_OK);
  }

  Reply Next() {
    void* reply = nullptr;
    EXPECT_EQ(redisGetReply(context_.get(), &reply), REDIS_OK);
    return Checked(reply);
  }

  void ExpectStatus(const Reply& reply, const std::string& text) {
    EXPECT_EQ(reply->type, REDIS_REPLY_STATUS);
    EXPECT_EQ(Text(*reply), text);
  }
  void ExpectInteger(const Reply& reply, int64_t number) {
    EXPECT_EQ(reply->type, REDIS_REPLY_INTEGER);
    EXPECT_EQ(reply->integer, number);
  }
  void ExpectString(const Reply& reply, std::string_view text) {
    EXPECT_EQ(reply->type, REDIS_REPLY_STRING);
    EXPECT_TRUE(Text(*reply) == text) << "another string of " << reply->len << " bytes";
  }
  void ExpectError(const Reply& reply, std::string_view start) {
    EXPECT_EQ(reply->type, REDIS_REPLY_ERROR);
    EXPECT_TRUE(Text(*reply).starts_with(start)) << Text(*reply);
  }

  /// The pairs of an array, or of a map where the library knows such.
  std::map<std::string, std::string> Pairs(const Reply& reply) {
    std::map<std::string, std::string> pairs;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
      pairs[Text(*reply->element[i])] = Text(*reply->element[i + 1]);
    }
    EXPECT_EQ(pairs.size() * 2, reply->elements);
    return pairs;
  }

  std::unique_ptr<redisContext, Free> context_;

 private:
  /// Ends the test program where there is no reply: the connection is of no more use.
  Reply Checked(void* reply) {
    if (!reply) {
      ADD_FAILURE() << "no reply: " << context_->errstr;
      std::exit(1);
    }
    return Reply(static_cast<redisReply*>(reply));
  }
};

TEST_F(Hiredis, StringCommandsAnswer) {
  ExpectStatus(Call({"SET", "s", "value"}), "OK");
  ExpectString(Call({"GET", "s"}), "value");
  EXPECT_EQ(Call({"GET", "nothing"})->type, REDIS_REPLY_NIL);
  ExpectInteger(Call({"INCR", "n"}), 1);
  ExpectInteger(Call({"INCR", "n"}), 2);
  ExpectStatus(Call({"MSET", "m1", "a", "m2", "b"}), "OK");
  const Reply values = Call({"MGET", "m1", "nothing", "m2"});
  ASSERT_EQ(values->type, REDIS_REPLY_ARRAY);
  ASSERT_EQ(values->elements, 3u);
  EXPECT_EQ(Text(*values->element[0]), "a");
  EXPECT_EQ(values->element[1]->type, REDIS_REPLY_NIL);
  EXPECT_EQ(Text(*values->element[2]), "b");
  ExpectInteger(Call({"DEL", "s", "n", "m1", "m2", "nothing"}), 4);
}

TEST_F(Hiredis, HashCommandsAnswer) {
  ExpectInteger(Call({"HSET", "h", "one", "1", "two", "2"}), 2);
  ExpectInteger(Call({"HSET", "h", "two", "zwei", "", ""}), 1);
  const Reply all = Call({"HGETALL", "h"});
  ASSERT_EQ(all->type, REDIS_REPLY_ARRAY);
  EXPECT_EQ(Pairs(all),
            (std::map<std::string, std::string>{{"", ""}, {"one", "1"}, {"two", "zwei"}}));
  EXPECT_EQ(Call({"HGETALL", "nothing"})->elements, 0u);
  ExpectInteger(Call({"DEL", "h"}), 1);
}

TEST_F(Hiredis, FormattedCommandsAnswer) {
  const std::string value = "a\0b\r\n$3"s;
  const auto call = [&](const char* format, auto... arguments) {
    return Reply(static_cast<redisReply*>(redisCommand(context_.get(), format, arguments...)));
  };
  ExpectStatus(call("SET %s:%d %b", "formatted", 7, value.data(), value.size()), "OK");
  ExpectString(call("GET formatted:7"), value);
  ExpectInteger(call("DEL formatted:7"), 1);
}

TEST_F(Hiredis, KeysFieldsAndValuesMayHoldAnyByte) {
  const std::string name = "\0key\r\n\xff"s;
  const std::string value = Binary(100'000, 1);
  ExpectStatus(Call({"SET", name, value}), "OK");
  ExpectString(Call({"GET", name}), value);
  EXPECT_EQ(Call({"GET", "\0key\r\n"s})->type, REDIS_REPLY_NIL);
  ExpectInteger(Call({"HSET", "binary", name, value, "\0"s, "\0\0"s}), 2);
  EXPECT_TRUE(Pairs(Call({"HGETALL", "binary"})) ==
              (std::map<std::string, std::string>{{name, value}, {"\0"s, "\0\0"s}}));
  ExpectInteger(Call({"DEL", name, "binary"}), 2);
}

TEST_F(Hiredis, ABigValueComesBackWhole) {
  const std::string value = Binary(kBigBytes, 2);
  ExpectStatus(Call({"SET", "big", value}), "OK");
  ExpectInteger(Call({"HSET", "big:hash", "field", value}), 1);
  ExpectInteger(Call({"STRLEN", "big"}), static_cast<int64_t>(kBigBytes));
  ExpectString(Call({"GET", "big"}), value);
  ExpectString(Call({"HGET", "big:hash", "field"}), value);
  ExpectInteger(Call({"DEL", "big", "big:hash"}), 2);
}

TEST_F(Hiredis, ALongPipelineAnswersInOrder) {
  constexpr uint32_t kCommands = 10'000;
  const auto key = [](uint32_t i) { return "pipe:" + std::to_string(i % 100); };
  for (uint32_t i = 0; i < kCommands; i += 4) {
    Append({"SET", key(i), Binary(50, i)});
    Append({"GET", key(i)});
    Append({"INCR", "pipe:counter"});
    Append({"HSET", "pipe:hash", key(i), std::to_string(i)});
  }
  for (uint32_t i = 0; i < kCommands; i += 4) {
    SCOPED_TRACE(i);
    ExpectStatus(Next(), "OK");
    ExpectString(Next(), Binary(50, i));
    ExpectInteger(Next(), i / 4 + 1);
    ExpectInteger(Next(), i < 100 ? 1 : 0);
    if (HasFailure()) return;
  }
  ExpectInteger(Call({"HLEN", "pipe:hash"}), 25);
  ExpectInteger(Call({"DEL", "pipe:hash", "pipe:counter"}), 2);
}

TEST_F(Hiredis, ErrorsAreRepliesAndTheConnectionGoesOn) {
  ExpectInteger(Call({"HSET", "hash", "field", "word"}), 1);
  Append({"GET", "hash"});
  Append({"INCR"});
  Append({"NOSUCHCOMMAND", "hash"});
  Append({"HINCRBY", "hash", "field", "1"});
  Append({"HGET", "hash", "field"});
  ExpectError(Next(), "WRONGTYPE ");
  ExpectError(Next(), "ERR wrong number of arguments");
  ExpectError(Next(), "ERR unknown command");
  ExpectError(Next(), "ERR hash value is not an integer");
  ExpectString(Next(), "word");
  EXPECT_EQ(context_->err, 0);
  ExpectInteger(Call({"DEL", "hash"}), 1);
}

TEST_F(Hiredis, MapsComeAsMapsAfterHello3) {
#ifdef REDIS_REPLY_MAP
  const Reply hello = Call({"HELLO", "3"});
  ASSERT_EQ(hello->type, REDIS_REPLY_MAP);
  ExpectInteger(Call({"HSET", "map", "one", "1", "two", "2"}), 2);
  const Reply all = Call({"HGETALL", "map"});
  EXPECT_EQ(all->type, REDIS_REPLY_MAP);
  EXPECT_EQ(Pairs(all), (std::map<std::string, std::string>{{"one", "1"}, {"two", "2"}}));
  EXPECT_EQ(Call({"GET", "nothing"})->type, REDIS_REPLY_NIL);
  ExpectInteger(Call({"DEL", "map"}), 1);
#else
  GTEST_SKIP() << "hiredis before 1.0 does not know RESP3; redis-cli -3 does, see clients_test.py";
#endif
}

/// Drives a redisAsyncContext with poll(), in place of an event library.
class Loop {
 public:
  explicit Loop(redisAsyncContext& async) : async_(async) {
    async.ev.data = this;
    async.ev.addRead = [](void* self) { static_cast<Loop*>(self)->events_ |= POLLIN; };
    async.ev.delRead = [](void* self) { static_cast<Loop*>(self)->events_ &= ~POLLIN; };
    async.ev.addWrite = [](void* self) { static_cast<Loop*>(self)->events_ |= POLLOUT; };
    async.ev.delWrite = [](void* self) { static_cast<Loop*>(self)->events_ &= ~POLLOUT; };
    async.ev.cleanup = [](void* self) { static_cast<Loop*>(self)->open_ = false; };
  }

  /// Until the library closed the connection, and freed its context.
  void Run() {
    while (open_) {
      pollfd waiting = {.fd = async_.c.fd, .events = static_cast<short>(events_), .revents = 0};
      ASSERT_EQ(::poll(&waiting, 1, kWaitMs), 1) << "the server does not answer";
      if (waiting.revents & POLLOUT) redisAsyncHandleWrite(&async_);
      if (open_ && (waiting.revents & ~POLLOUT)) redisAsyncHandleRead(&async_);
    }
  }

 private:
  redisAsyncContext& async_;
  int events_ = 0;
  bool open_ = true;
};

TEST(HiredisAsync, CallbacksComeInOrderAndADisconnectAwaitsThem) {
  redisAsyncContext* const async = redisAsyncConnect(kHost, Port());
  ASSERT_TRUE(async);
  ASSERT_EQ(async->err, 0) << async->errstr;
  Loop loop(*async);
  std::vector<int64_t> numbers;
  const auto take = [](redisAsyncContext*, void* reply, void* data) {
    const auto* const number = static_cast<const redisReply*>(reply);
    static_cast<std::vector<int64_t>*>(data)->push_back(
        number && number->type == REDIS_REPLY_INTEGER ? number->integer : -1);
  };
  std::vector<int64_t> expected;
  for (int64_t i = 1; i <= 1000; ++i) {
    ASSERT_EQ(redisAsyncCommand(async, take, &numbers, "INCR async:counter"), REDIS_OK);
    expected.push_back(i);
  }
  ASSERT_EQ(redisAsyncCommand(async, take, &numbers, "DEL async:counter"), REDIS_OK);
  expected.push_back(1);
  redisAsyncDisconnect(async);
  loop.Run();
  EXPECT_EQ(numbers, expected);
}

}  // namespace
}  // namespace cordwood
