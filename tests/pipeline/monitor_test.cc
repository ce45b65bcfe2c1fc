// MONITOR: which commands it shows, how, and when.

#include <algorithm>
#include <string>

#include "tests/pipeline/blocking_fixture.h"

namespace cordwood::pipeline {
namespace {

class Monitor : public BlockingFixture {
 protected:
  void SetUp() override {
    BlockingFixture::SetUp();
    EXPECT_EQ(Ask(a_, {"MONITOR"}), "+OK\r\n");
  }
  /// The lines that have come, without their times; of each line what stands behind it.
  std::string Lines() { return WithoutTimes(Got(a_)); }
  static std::string WithoutTimes(const std::string& lines) {
    std::string rest;
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find("\r\n", at) + 2;
      const size_t behind_time = lines.find(" [", at);
      EXPECT_EQ(lines[at], '+');
      EXPECT_EQ(lines[at + 11], '.');  // seconds have ten digits
      EXPECT_EQ(behind_time, at + 18);
      rest += lines.substr(behind_time + 1, end - behind_time - 1);
      at = end;
    }
    return rest;
  }
};

TEST_F(Monitor, ShowsWhoRanWhatWhere) {
  server_->pipeline().Find(b_)->client.address = "127.0.0.1:5000";
  Ask(b_, {"SET", "k", "a\"b\\\n\x01\xff"});
  Ask(b_, {"SELECT", "3"});
  Ask(b_, {"GET", "k"});
  EXPECT_EQ(Lines(),
            "[0 127.0.0.1:5000] \"SET\" \"k\" \"a\\\"b\\\\\\n\\x01\\xff\"\r\n"
            "[3 127.0.0.1:5000] \"SELECT\" \"3\"\r\n"
            "[3 127.0.0.1:5000] \"GET\" \"k\"\r\n");
}

TEST_F(Monitor, ShowsNoAdministrationAndNoPasswords) {
  Ask(b_, {"CONFIG", "GET", "port"});
  Ask(b_, {"NOSUCH", "x"});
  Ask(b_, {"AUTH", "secret"});
  Ask(b_, {"AUTH", "default", "secret"});
  Ask(b_, {"HELLO", "3", "AUTH", "default", "secret", "SETNAME", "n"});
  EXPECT_EQ(Lines(),
            "[0 127.0.0.1:1] \"AUTH\" \"(redacted)\"\r\n"
            "[0 127.0.0.1:1] \"AUTH\" \"(redacted)\" \"(redacted)\"\r\n"
            "[0 127.0.0.1:1] \"HELLO\" \"3\" \"AUTH\" \"(redacted)\" \"(redacted)\" \"SETNAME\" "
            "\"n\"\r\n");
}

TEST_F(Monitor, ShowsATransactionInItsOrder) {
  Ask(b_, {"MULTI"});
  Ask(b_, {"SET", "k", "v"});
  Ask(b_, {"SELECT", "1"});
  EXPECT_EQ(Lines(), "[0 127.0.0.1:1] \"MULTI\"\r\n");
  Ask(b_, {"EXEC"});
  EXPECT_EQ(Lines(),
            "[0 127.0.0.1:1] \"SET\" \"k\" \"v\"\r\n[1 127.0.0.1:1] \"SELECT\" \"1\"\r\n[1 "
            "127.0.0.1:1] \"EXEC\"\r\n");
  Ask(b_, {"MULTI"});
  Ask(b_, {"NOSUCH"});
  Ask(b_, {"EXEC"});
  EXPECT_EQ(Lines(), "[1 127.0.0.1:1] \"MULTI\"\r\n[1 127.0.0.1:1] \"EXEC\"\r\n");
}

TEST_F(Monitor, ShowsACommandThatWaitsOnce) {
  Ask(b_, {"BLPOP", "q", "0"});
  EXPECT_EQ(Lines(), "[0 127.0.0.1:1] \"BLPOP\" \"q\" \"0\"\r\n");
  Ask(c_, {"RPUSH", "q", "1"});
  EXPECT_EQ(Lines(), "[0 127.0.0.1:1] \"RPUSH\" \"q\" \"1\"\r\n");
}

TEST_F(Monitor, ShowsACommandWhoseTimeEndsOnce) {
  Ask(b_, {"BLPOP", "q", "0.1"});
  EXPECT_EQ(Lines(), "[0 127.0.0.1:1] \"BLPOP\" \"q\" \"0.1\"\r\n");
  EXPECT_EQ(After(101, b_), kNullArray);
  EXPECT_EQ(Lines(), "");
}

TEST_F(Monitor, ShowsAWriteWhenItIsDurable) {
  env_.StallSyncs(".wal", 2000);
  server_->SendCommand(b_, {"SET", "k", "v"});
  server_->SendCommand(b_, {"GET", "k"});
  server_->SendCommand(c_, {"GET", "k"});
  while (env_.Step()) server_->RunLoop();
  EXPECT_EQ(WithoutTimes(server_->Receive(a_)), "[0 127.0.0.1:1] \"GET\" \"k\"\r\n");
  server_->RunForMs(2001);
  EXPECT_EQ(Lines(), "[0 127.0.0.1:1] \"SET\" \"k\" \"v\"\r\n[0 127.0.0.1:1] \"GET\" \"k\"\r\n");
}

TEST_F(Monitor, EndsWithResetAndWithTheConnection) {
  EXPECT_EQ(Ask(a_, {"MONITOR"}), "") << "it goes on";
  EXPECT_EQ(Ask(a_, {"RESET"}), "+RESET\r\n");
  Ask(b_, {"PING"});
  EXPECT_EQ(Got(a_), "");
  Ask(a_, {"MULTI"});
  Ask(a_, {"MONITOR"});
  EXPECT_EQ(Ask(a_, {"EXEC"}), "*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n");
  EXPECT_EQ(Ask(c_, {"MONITOR"}), "+OK\r\n");
  server_->Disconnect(c_);
  EXPECT_EQ(Ask(b_, {"PING"}), "+PONG\r\n");
}

}  // namespace
}  // namespace cordwood::pipeline
