/** What joins the tabs of the studio, as far as they need of a `BroadcastChannel`: all others of its name hear what one says. */
export interface TabChannel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}
