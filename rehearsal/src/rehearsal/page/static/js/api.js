// Calls to the workspace and to the farm. A refusal is an Error whose message can be shown.

const SENTENCES = {
  operation_timeout: 'The app did not answer within 3 seconds.',
  dispatch_failed: 'The app is not connected.',
  not_in_channel: 'This person is not a member of that channel.',
  is_archived: 'This channel is archived.',
  not_there: 'That is not there any more.',
  no_such_element: 'That is not on the message any more.',
  message_not_found: 'That message is not there any more.',
  account_inactive: 'This person has left.',
  invalid_view_response: 'The app answered with something that cannot be shown.',
  not_ready: 'The farm is still starting.',
};

export class Refusal extends Error {
  constructor(body) {
    super(SENTENCES[body.error] ?? `Refused: ${body.error}. ${(body.errors ?? body.messages ?? []).join(' ')}`.trim());
    this.body = body;
  }
}

export function sentence(error) {
  return SENTENCES[error] ?? `Slack shows: ${error}`;
}

export async function getState(person, after) {
  return call(`rehearsal/state?as=${encodeURIComponent(person)}&after=${after}&versions=no`);
}

export async function order(path, body) {
  return call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', ...options });
  } catch {
    throw new Refusal({ error: 'The rehearsal does not answer; it may have been ended.' });
  }
  const body = await answer.json().catch(() => ({ error: `HTTP ${answer.status}` }));
  if (!answer.ok) throw new Refusal(body);
  return body;
}
