#pragma once

// Threads: the call's.

namespace cordwood::commands {

struct Call;

namespace pubsub {

/// The client is subscribed to nothing any more. Replies nothing.
void UnsubscribeAll(Call& call);

}  // namespace pubsub
}  // namespace cordwood::commands
