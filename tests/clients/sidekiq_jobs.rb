# Jobs of the tests of Sidekiq, for its workers and for who asks for them.

require 'sidekiq'
require 'sidekiq/api'

# This Sidekiq is older than Debian's client library.
Redis.silence_deprecations = true
Redis.sadd_returns_boolean = false if Redis.respond_to?(:sadd_returns_boolean=)

Sidekiq.configure_server { |config| config.average_scheduled_poll_interval = 1 }
Sidekiq.configure_client { |config| config.logger.level = Logger::WARN }

class Note
  include Sidekiq::Job

  def perform(what)
    Sidekiq.redis { |connection| connection.rpush('notes', what) }
  end
end

class Fail
  include Sidekiq::Job
  sidekiq_options retry: 1
  # Longer than a test: whoever wants it sooner says so.
  sidekiq_retry_in { 3600 }

  def perform(why)
    raise why
  end
end
