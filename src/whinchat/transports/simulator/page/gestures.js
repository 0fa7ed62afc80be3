// Touch: a long press opens a message's menu, a swipe to the right answers it.

const LONG = 450; // milliseconds
const STILL = 10; // pixels a finger may move in a press
const SWIPE = 56; // pixels that answer
const FARTHEST = 80;

/** `find(node)` gives the message at a node; `menu(message, node)` and `reply(message)` act. */
export function gestures(scroller, { find, menu, reply }) {
  let touch = null;

  const end = () => {
    if (touch === null) return;
    clearTimeout(touch.timer);
    touch.node.style.transform = "";
    if (touch.moved >= SWIPE) reply(touch.message);
    touch = null;
  };

  scroller.addEventListener("pointerdown", (event) => {
    const node = event.pointerType === "touch" ? event.target.closest(".bubble") : null;
    const message = node && find(node);
    if (!message) return;
    const timer = setTimeout(() => {
      touch = null;
      menu(message, node);
    }, LONG);
    touch = { message, node, timer, x: event.clientX, y: event.clientY, moved: 0 };
  });
  scroller.addEventListener("pointermove", (event) => {
    if (touch === null) return;
    const x = event.clientX - touch.x;
    if (Math.abs(x) > STILL || Math.abs(event.clientY - touch.y) > STILL) clearTimeout(touch.timer);
    touch.moved = Math.max(0, Math.min(FARTHEST, x - STILL));
    touch.node.style.transform = touch.moved > 0 ? `translateX(${touch.moved}px)` : "";
  });
  scroller.addEventListener("pointerup", end);
  scroller.addEventListener("pointercancel", () => {
    if (touch !== null) touch.moved = 0;
    end();
  });
  scroller.addEventListener("contextmenu", (event) => {
    const node = event.target.closest(".bubble");
    const message = node && find(node);
    if (!message || getSelection()?.toString()) return;
    event.preventDefault();
    const here = { getBoundingClientRect: () => new DOMRect(event.clientX, event.clientY, 0, 0) };
    if (event.pointerType !== "touch") menu(message, here); // a finger's long press has opened it already
  });
}
