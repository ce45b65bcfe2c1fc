#include "server/available_memory.h"

#include <gtest/gtest.h>

#include <map>

namespace cordwood::server {
namespace {

constexpr uint64_t kGb = 1 << 30;
constexpr uint64_t kMachine = 64 * kGb;

// What there is, by path, of the files that tell of control groups.
uint64_t Available(std::map<std::string, std::string> files) {
  return AvailableMemoryBytes(kMachine, [&files](const std::string& path) { return files[path]; });
}

TEST(AvailableMemory, IsTheMachinesWithoutControlGroups) {
  EXPECT_EQ(Available({}), kMachine);
  EXPECT_EQ(Available({{"/proc/self/cgroup", "0::/\n"}}), kMachine);
  EXPECT_GT(AvailableMemoryBytes(), 1u << 20);
}

TEST(AvailableMemory, IsAContainersThatSeesItselfAsTheRoot) {
  EXPECT_EQ(
      Available({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/memory.max", "1073741824\n"}}),
      kGb);
  EXPECT_EQ(Available({{"/proc/self/cgroup", "4:memory:/docker/1234\n3:cpu,cpuacct:/docker/1234\n"},
                       {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n"}}),
            kGb);
}

TEST(AvailableMemory, IsThatOfTheServicesGroup) {
  const std::string text = "0::/system.slice/cordwood.service\n";
  const std::string path = "/sys/fs/cgroup/system.slice/cordwood.service/memory.max";
  EXPECT_EQ(Available({{"/proc/self/cgroup", text}, {path, "1073741824\n"}}), kGb);
  EXPECT_EQ(Available({{"/proc/self/cgroup", text}, {path, "max\n"}}), kMachine);
}

TEST(AvailableMemory, IsNoMoreThanAGroupAboveMayHave) {
  const std::string text = "0::/a/b/c\n";
  EXPECT_EQ(Available({{"/proc/self/cgroup", text},
                       {"/sys/fs/cgroup/a/b/c/memory.max", "8589934592\n"},
                       {"/sys/fs/cgroup/a/b/memory.max", "max\n"},
                       {"/sys/fs/cgroup/a/memory.max", "2147483648\n"}}),
            2 * kGb);
  EXPECT_EQ(Available({{"/proc/self/cgroup", text},
                       {"/sys/fs/cgroup/a/b/c/memory.max", "max\n"},
                       {"/sys/fs/cgroup/memory.max", "3221225472\n"}}),
            3 * kGb);
}

TEST(AvailableMemory, KnowsTheOlderControlGroups) {
  const std::string text =
      "9:name=systemd:/other\n5:cpu,memory:/service\n3:memory_other:/wrong\n0::/\n";
  EXPECT_EQ(Available({{"/proc/self/cgroup", text},
                       {"/sys/fs/cgroup/memory/service/memory.limit_in_bytes", "2147483648\n"},
                       {"/sys/fs/cgroup/memory/other/memory.limit_in_bytes", "1\n"},
                       {"/sys/fs/cgroup/memory/wrong/memory.limit_in_bytes", "1\n"}}),
            2 * kGb);
  // No limit.
  EXPECT_EQ(
      Available({{"/proc/self/cgroup", text},
                 {"/sys/fs/cgroup/memory/service/memory.limit_in_bytes", "9223372036854771712\n"}}),
      kMachine);
}

TEST(AvailableMemory, IsNeverMoreThanTheMachineHas) {
  EXPECT_EQ(Available({{"/proc/self/cgroup", "0::/\n"},
                       {"/sys/fs/cgroup/memory.max", "999999999999999\n"}}),
            kMachine);
}

TEST(AvailableMemory, IgnoresWhatItDoesNotUnderstand) {
  for (const char* text : {"", "\n", "many\n", "-1\n", "99999999999999999999999\n"}) {
    EXPECT_EQ(Available({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/memory.max", text}}),
              kMachine)
        << text;
  }
  EXPECT_EQ(Available({{"/proc/self/cgroup", "nonsense"}}), kMachine);
  EXPECT_EQ(Available({{"/proc/self/cgroup", "a:b"}, {"/sys/fs/cgroup/memory.max", "1\n"}}),
            kMachine);
}

}  // namespace
}  // namespace cordwood::server
