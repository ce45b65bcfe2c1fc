#include "pipeline/tables/monitor_table.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "base/quoted.h"
#include "commands/core/secrets.h"

namespace cordwood::pipeline {

void MonitorTable::Start(const commands::Client& client) {
  Session* const session = sessions_.Find(client.id);
  CHECK(session != nullptr);
  monitors_.emplace(client.id, session);
}

void MonitorTable::Show(const commands::Client& client, int db, const commands::Command& command,
                        std::span<const std::string_view> argv) {
  // What administrators do is nobody else's business.
  if (!any() || (command.flags & commands::kAdmin) != 0) return;
  const Session* const session = sessions_.Find(client.id);
  CHECK(session != nullptr);
  const int64_t now_ms = env_.WallMs();
  std::string line =
      Format("+{}.{:03}000 [{} {}]", now_ms / 1000, now_ms % 1000, db, client.address);
  for (const std::string& argument : commands::WithoutSecrets(command, argv)) {
    line += ' ';
    AppendQuoted(line, argument);
  }
  line += "\r\n";
  const size_t bytes = line.size();
  outgoing_.Add(session->dep, bytes, [this, line = std::move(line)] {
    for (const auto& [id, monitor] : monitors_) pushes_.Send(*monitor, line);
  });
}

}  // namespace cordwood::pipeline
