// Menus and lists that open over the page. The browser keeps them on top, also over a form, and shuts them.

const GAP = 4;
const MARGIN = 8;

/** Puts an open popup below its anchor, above it where there is no room, and never beyond the window. */
export function placeBeside(popup, anchor, { isWide = false } = {}) {
  const box = anchor.getBoundingClientRect();
  if (isWide) popup.style.minWidth = `${Math.max(box.width, 220)}px`;
  const { offsetWidth: width, offsetHeight: height } = popup;
  const left = isWide ? box.left : box.right - width;
  const fitsBelow = box.bottom + GAP + height + MARGIN <= innerHeight;
  const top = fitsBelow ? box.bottom + GAP : box.top - GAP - height;
  popup.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
  popup.style.top = `${Math.max(MARGIN, Math.min(top, innerHeight - height - MARGIN))}px`;
}

/** The popup follows its anchor when that moves with what is scrolled, and `shut` is called once it has left the window. */
export function followScroll(popup, anchor, options, shut) {
  const scrolled = (event) => {
    if (popup.contains(event.target)) return;
    const { top, bottom } = anchor.getBoundingClientRect();
    if (!anchor.isConnected || bottom < 0 || top > innerHeight) shut(); else placeBeside(popup, anchor, options);
  };
  document.addEventListener('scroll', scrolled, { capture: true });
  return () => document.removeEventListener('scroll', scrolled, { capture: true });
}
