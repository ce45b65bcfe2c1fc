"""What the workers of celery_test.py do. The broker and result backend is CORDWOOD_URL."""

import os

import celery

app = celery.Celery("celery_tasks", broker=os.environ["CORDWOOD_URL"],
                    backend=os.environ["CORDWOOD_URL"])
app.conf.update(
    # A worker that starts puts back at once what another had and has not acknowledged.
    broker_transport_options={"visibility_timeout": 0.001},
    redis_socket_timeout=60,
    worker_prefetch_multiplier=1)


@app.task
def add(one, other):
    return one + other


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True, max_retries=3)
def succeed_on_try(self, number):
    """Returns the tries it took."""
    tries = self.request.retries + 1
    if tries < number:
        raise self.retry(countdown=0)
    return tries


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def wait_for(self, key):
    """Tells that it has begun, and ends when there is an element to take."""
    client = app.backend.client
    client.rpush(f"begun:{key}", self.request.id)
    return client.blpop(key)[1].decode()
