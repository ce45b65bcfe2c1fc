#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/format.h"
#include "commands/core/error_texts.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

class ClientCommands : public testing::Test {
 protected:
  void SetUp() override {
    self_ = &runner_.client();
    *self_ = {{.authenticated = true}};
    self_->id = 7;
    self_->address = "10.0.0.1:1000";
    self_->local_address = "10.0.0.9:6379";
    self_->created_ms = runner_.now_ms() - 65'000;
    self_->last_command = "client|list";
    self_->last_active_ms = runner_.now_ms();
    other_ = {{.db = 3,
               .protocol = 3,
               .no_evict = true,
               .no_touch = true,
               .name = "worker",
               .library_name = "lib",
               .library_version = "1.2"}};
    other_.id = 8;
    other_.address = "10.0.0.2:2000";
    other_.local_address = "10.0.0.9:6379";
    other_.created_ms = runner_.now_ms() - 5'000;
    other_.last_command = "get";
    other_.last_active_ms = runner_.now_ms() - 2'500;
    runner_.host().monotonic_ms = runner_.now_ms();
    runner_.host().clients = {{.client = self_,
                               .socket = 9,
                               .awaits_input = true,
                               .query_buffer_bytes = 26,
                               .query_buffer_free_bytes = 100,
                               .argument_bytes = 10,
                               .commands = 3},
                              {.client = &other_,
                               .socket = 10,
                               .awaits_input = true,
                               .awaits_room = true,
                               .reply_buffer_bytes = 64,
                               .reply_buffer_peak = 40,
                               .reply_bytes = 30,
                               .output_list_length = 2,
                               .output_list_bytes = 50,
                               .total_memory_bytes = 900,
                               .watched_keys = 4,
                               .received_bytes = 11,
                               .sent_bytes = 12,
                               .blocked = true}};
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  std::vector<uint64_t> Killed(const CommandRunner::Argv& argv, std::string_view reply) {
    runner_.host().killed.clear();
    EXPECT_EQ(Run(argv), reply);
    return runner_.host().killed;
  }

  CommandRunner runner_;
  Client* self_ = nullptr;
  Client other_;
};

using Ids = std::vector<uint64_t>;

constexpr std::string_view kSelfLine =
    "id=7 addr=10.0.0.1:1000 laddr=10.0.0.9:6379 fd=9 name= age=65 idle=0 flags=N db=0 sub=0 "
    "psub=0 ssub=0 multi=-1 qbuf=26 qbuf-free=100 argv-mem=10 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 "
    "omem=0 tot-mem=0 events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver= "
    "watch=0 tot-net-in=0 tot-net-out=0 tot-cmds=3\n";
constexpr std::string_view kOtherLine =
    "id=8 addr=10.0.0.2:2000 laddr=10.0.0.9:6379 fd=10 name=worker age=5 idle=2 flags=beT db=3 "
    "sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=64 rbp=40 obl=30 "
    "oll=2 omem=50 tot-mem=900 events=rw cmd=get user=default redir=-1 resp=3 lib-name=lib "
    "lib-ver=1.2 watch=4 tot-net-in=11 tot-net-out=12 tot-cmds=0\n";

TEST_F(ClientCommands, ListEveryConnectionInOneLine) {
  EXPECT_EQ(Run({"CLIENT", "LIST"}), Bulk(std::string(kSelfLine) + std::string(kOtherLine)));
  EXPECT_EQ(Run({"CLIENT", "INFO"}), Bulk(kSelfLine));
  EXPECT_EQ(Run({"CLIENT", "ID"}), Integer(7));
}

TEST_F(ClientCommands, ListChosenConnections) {
  EXPECT_EQ(Run({"CLIENT", "LIST", "ID", "8", "99"}), Bulk(kOtherLine));
  EXPECT_EQ(Run({"CLIENT", "LIST", "ID", "99"}), Bulk(""));
  EXPECT_EQ(Run({"CLIENT", "LIST", "TYPE", "normal"}),
            Bulk(std::string(kSelfLine) + std::string(kOtherLine)));
  EXPECT_EQ(Run({"CLIENT", "LIST", "TYPE", "replica"}), Bulk(""));
}

TEST_F(ClientCommands, TellSubscribersAndTrackersApart) {
  ClientView& other = runner_.host().clients[1];
  other.blocked = false;
  other.channels = 1;
  other.patterns = 2;
  other.shard_channels = 3;
  other.redirect = 7;
  other.tracks = "tB";
  const std::string list = Run({"CLIENT", "LIST", "TYPE", "pubsub"});
  EXPECT_NE(list.find("id=8 "), std::string::npos) << list;
  EXPECT_EQ(list.find("id=7 "), std::string::npos) << list;
  EXPECT_NE(list.find(" flags=PtBeT db=3 sub=1 psub=2 ssub=3 "), std::string::npos) << list;
  EXPECT_NE(list.find(" redir=7 "), std::string::npos) << list;
  EXPECT_EQ(Killed({"CLIENT", "KILL", "TYPE", "pubsub"}, Integer(1)), Ids{8});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"}, Integer(1)), Ids{7});
  other.monitors = true;
  EXPECT_EQ(Killed({"CLIENT", "KILL", "TYPE", "replica"}, Integer(1)), Ids{8});
}

TEST_F(ClientCommands, PauseForAWhile) {
  using Pauses = std::vector<std::pair<uint64_t, PauseMode>>;
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "100"}), kOk);
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "0", "write"}), kOk);
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "7", "ALL"}), kOk);
  EXPECT_EQ(runner_.host().pauses,
            (Pauses{{100, PauseMode::kAll}, {0, PauseMode::kWrites}, {7, PauseMode::kAll}}));
  EXPECT_EQ(Run({"CLIENT", "UNPAUSE"}), kOk);
  EXPECT_EQ(runner_.host().unpauses, 1);
}

TEST_F(ClientCommands, PauseRepliesRedisErrors) {
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "abc"}),
            ErrorReply("ERR timeout is not an integer or out of range"));
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "-1"}), ErrorReply("ERR timeout is negative"));
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "abc", "foo"}),
            ErrorReply("ERR CLIENT PAUSE mode must be WRITE or ALL"));
  EXPECT_EQ(Run({"CLIENT", "Pause", "1", "ALL", "x"}),
            ErrorReply("ERR unknown subcommand or wrong number of arguments for 'Pause'. Try "
                       "CLIENT HELP."));
  EXPECT_TRUE(runner_.host().pauses.empty());
}

TEST_F(ClientCommands, SwitchReplies) {
  EXPECT_EQ(Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(self_->replies, Replies::kSkipNext);
  EXPECT_EQ(Run({"CLIENT", "REPLY", "off"}), "");
  EXPECT_EQ(self_->replies, Replies::kDropped);
  EXPECT_EQ(Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(self_->replies, Replies::kDropped);
  EXPECT_EQ(Run({"CLIENT", "REPLY", "on"}), kOk);
  EXPECT_EQ(self_->replies, Replies::kSent);
  EXPECT_EQ(Run({"CLIENT", "REPLY", "maybe"}), ErrorReply(kSyntaxError));
}

TEST_F(ClientCommands, ListRepliesRedisErrors) {
  EXPECT_EQ(Run({"CLIENT", "LIST", "FOO"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(Run({"CLIENT", "LIST", "ID"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(Run({"CLIENT", "LIST", "TYPE"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(Run({"CLIENT", "LIST", "ID", "abc"}), ErrorReply("ERR Invalid client ID"));
  EXPECT_EQ(Run({"CLIENT", "LIST", "TYPE", "foo"}), ErrorReply("ERR Unknown client type 'foo'"));
}

TEST_F(ClientCommands, KillByAddressInTheOldForm) {
  EXPECT_EQ(Killed({"CLIENT", "KILL", "10.0.0.2:2000"}, kOk), Ids{8});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "10.0.0.1:1000"}, kOk), Ids{7});  // itself too
  EXPECT_EQ(Killed({"CLIENT", "KILL", "1.1.1.1:1"}, ErrorReply("ERR No such client")), Ids{});
}

TEST_F(ClientCommands, KillByFilters) {
  EXPECT_EQ(Killed({"CLIENT", "KILL", "ID", "8"}, Integer(1)), Ids{8});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "ID", "99"}, Integer(0)), Ids{});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "TYPE", "normal"}, Integer(1)), Ids{8});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "TYPE", "pubsub"}, Integer(0)), Ids{});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "USER", "default", "SKIPME", "no"}, Integer(2)), (Ids{7, 8}));
  EXPECT_EQ(Killed({"CLIENT", "KILL", "LADDR", "10.0.0.9:6379", "skipme", "YES"}, Integer(1)),
            Ids{8});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "ADDR", "10.0.0.2:2000", "ID", "7"}, Integer(0)), Ids{});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "MAXAGE", "5"}, Integer(1)), Ids{8});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "MAXAGE", "6"}, Integer(0)), Ids{});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "MAXAGE", "6", "SKIPME", "no"}, Integer(1)), Ids{7});
  EXPECT_EQ(Killed({"CLIENT", "KILL", "MAXAGE", kMaxInt}, Integer(0)), Ids{});
}

TEST_F(ClientCommands, KillRepliesRedisErrors) {
  const std::string no_id = ErrorReply("ERR client-id should be greater than 0");
  EXPECT_EQ(Run({"CLIENT", "KILL", "ID", "0"}), no_id);
  EXPECT_EQ(Run({"CLIENT", "KILL", "ID", "abc"}), no_id);
  EXPECT_EQ(Run({"CLIENT", "KILL", "MAXAGE", "0"}),
            ErrorReply("ERR maxage should be greater than 0"));
  EXPECT_EQ(Run({"CLIENT", "KILL", "MAXAGE", "x"}),
            ErrorReply("ERR maxage is not an integer or out of range"));
  EXPECT_EQ(Run({"CLIENT", "KILL", "TYPE", "foo"}), ErrorReply("ERR Unknown client type 'foo'"));
  EXPECT_EQ(Run({"CLIENT", "KILL", "USER", "nope"}), ErrorReply("ERR No such user 'nope'"));
  EXPECT_EQ(Run({"CLIENT", "KILL", "SKIPME", "maybe"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(Run({"CLIENT", "KILL", "FOO", "bar"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(Run({"CLIENT", "KILL", "ID", "8", "ADDR"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(Run({"CLIENT", "KILL"}),
            ErrorReply("ERR wrong number of arguments for 'client|kill' command"));
  EXPECT_EQ(runner_.host().killed, Ids{});
}

TEST_F(ClientCommands, NameTheConnection) {
  EXPECT_EQ(Run({"CLIENT", "GETNAME"}), kNil);
  EXPECT_EQ(Run({"CLIENT", "SETNAME", "me"}), kOk);
  EXPECT_EQ(Run({"CLIENT", "GETNAME"}), Bulk("me"));
  for (const std::string_view name : {"a b", "a\nb", "\x7f", "\xc3\xa9"}) {
    EXPECT_EQ(Run({"CLIENT", "SETNAME", name}),
              ErrorReply("ERR Client names cannot contain spaces, newlines or special "
                         "characters."));
  }
  EXPECT_EQ(Run({"CLIENT", "SETNAME", ""}), kOk);
  EXPECT_EQ(Run({"CLIENT", "GETNAME"}), kNil);
}

TEST_F(ClientCommands, NameTheLibrary) {
  EXPECT_EQ(Run({"CLIENT", "SETINFO", "LIB-NAME", "redis-py"}), kOk);
  EXPECT_EQ(Run({"CLIENT", "SETINFO", "lib-ver", "5.0"}), kOk);
  EXPECT_EQ(self_->library_name, "redis-py");
  EXPECT_EQ(self_->library_version, "5.0");
  EXPECT_EQ(Run({"CLIENT", "SETINFO", "LIB-VER", "a b"}),
            ErrorReply("ERR LIB-VER cannot contain spaces, newlines or special characters."));
  EXPECT_EQ(Run({"CLIENT", "SETINFO", "FOO", "x"}), ErrorReply("ERR Unrecognized option 'FOO'"));
}

TEST_F(ClientCommands, SwitchEvictionAndTouching) {
  EXPECT_EQ(Run({"CLIENT", "NO-EVICT", "ON"}), kOk);
  EXPECT_TRUE(self_->no_evict);
  EXPECT_EQ(Run({"CLIENT", "NO-EVICT", "off"}), kOk);
  EXPECT_FALSE(self_->no_evict);
  EXPECT_EQ(Run({"CLIENT", "NO-TOUCH", "on"}), kOk);
  EXPECT_TRUE(self_->no_touch);
  EXPECT_EQ(Run({"CLIENT", "NO-EVICT", "maybe"}), ErrorReply(kSyntaxError));
}

TEST_F(ClientCommands, KnowTheirSubcommands) {
  EXPECT_EQ(Run({"CLIENT", "FOO"}), ErrorReply("ERR unknown subcommand 'FOO'. Try CLIENT HELP."));
  EXPECT_TRUE(Run({"CLIENT", "HELP"}).ends_with("+HELP\r\n+    Prints this help.\r\n"));
  self_->protocol = 3;
  EXPECT_EQ(Run({"CLIENT", "INFO"}).substr(0, 1), "=");
}

}  // namespace
}  // namespace cordwood::commands
