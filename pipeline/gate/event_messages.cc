#include "pipeline/gate/event_messages.h"

#include <string>

#include "base/format.h"

namespace cordwood::pipeline {

void EventMessages::AddOne(const keyspace::KeyEvent& event, storage::Seq dep) {
  const config::KeyspaceEvents& wanted = config_.notify_keyspace_events;
  const auto publish = [this](std::string_view kind, int db, std::string_view of,
                              std::string_view message) {
    subscribers_.Send(commands::SubscriptionKind::kChannel, Format("__{}@{}__:{}", kind, db, of),
                      message);
  };
  outgoing_.Add(dep, event.key.size(),
                [publish, by_key = wanted.by_key, by_event = wanted.by_event, name = event.event,
                 db = event.db, key = std::string(event.key)] {
                  if (by_key) publish("keyspace", db, key, name);
                  if (by_event) publish("keyevent", db, name, key);
                });
}

}  // namespace cordwood::pipeline
