/** A place in the queue of this thread: what long work waits for so that messages are read between its portions. */

/**
 * Messages on their way. Nothing else holds their ports, and Chromium collected ports whose message had not come yet where the worker
 * was busy for seconds meanwhile: the message never came, and what waited for it waited for ever.
 */
const onTheirWay = new Set<MessageChannel>();

/**
 * Resolves in a task of its own, after the messages that wait already; a microtask would come before them, a timer would cost four
 * milliseconds each time.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    onTheirWay.add(channel);
    channel.port1.onmessage = () => {
      channel.port1.close();
      onTheirWay.delete(channel);
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
