// What is different between two looks at a host. Pure.

/** `words` for people, `keys` of what changed (a session's id, `popup:N`), `gone` the sessions that are no more. */
export function findChanges(before, after) {
  const found = { words: [], keys: [], gone: [] };
  if (!before) return found;
  if (before.up !== after.up) found.words.push(after.up ? 'is up again' : 'is down');
  if (before.trouble !== after.trouble) found.words.push(after.trouble === 'none' ? 'behaves well again' : `now: ${after.trouble}`);
  const old = new Map(before.sessions.map((one) => [one.id, one]));
  for (const session of after.sessions) compare(old.get(session.id), session, found);
  const ids = new Set(after.sessions.map((one) => one.id));
  for (const session of before.sessions.filter((one) => !ids.has(one.id))) {
    found.gone.push(session);
    found.words.push(`${session.user} in session ${session.id} is gone`);
  }
  after.popups.slice(before.popups.length).forEach((popup) => {
    found.keys.push(`popup:${popup.session_id}`);
    found.words.push(`a message on the desktop of session ${popup.session_id}: ${popup.text}`);
  });
  return found;
}

function compare(before, after, found) {
  if (before && JSON.stringify(before) === JSON.stringify(after)) return;
  found.keys.push(String(after.id));
  if (!before) found.words.push(`${after.user} logged on in session ${after.id}`);
  else if (before.user !== after.user) found.words.push(`session ${after.id} is ${after.user} now`);
  else if (after.is_closing) found.words.push(`${after.user} in session ${after.id} is being logged off`);
  else found.words.push(`${after.user} in session ${after.id} is ${after.state.toLowerCase()}`);
}
