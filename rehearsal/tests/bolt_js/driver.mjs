// Slack's own JavaScript framework as the app: a command that posts a card, a button that ends it.
// Reads SLACK_API_URL, SLACK_BOT_TOKEN and SLACK_APP_TOKEN; prints one JSON fact a line; ends when its input ends.

import { once } from "node:events";
import bolt from "@slack/bolt";

const { App, LogLevel } = bolt;

function say(fact) {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const button = {
  type: "button",
  action_id: "log_off",
  value: "TS-1:1",
  text: { type: "plain_text", text: "Log off 1" },
};

app.command("/logoff", async ({ command, ack, client, respond }) => {
  await ack({ text: `looking at ${command.text}`, response_type: "ephemeral" });
  const posted = await client.chat.postMessage({
    channel: command.channel_id,
    text: "a card",
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: "*Who* would be logged off" } },
      { type: "actions", elements: [button] },
    ],
  });
  const people = await client.usergroups.users.list({ usergroup: "S0LEADS001" });
  await respond({ text: "the card is there" });
  say({ event: "asked", command, ts: posted.ts, blocks: posted.message.blocks.length, leads: people.users });
});

app.action("log_off", async ({ body, action, ack, client }) => {
  await ack();
  const updated = await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: "done" });
  say({ event: "pressed", user: body.user.id, value: action.value, ts: updated.ts, state: body.state });
});

app.error(async (error) => say({ event: "failed", error: String(error) }));

await app.start();
const refused = await app.client.chat
  .postMessage({ channel: "C0OPS00001", text: "x", blocks: [{ type: "nonsense" }] })
  .catch((error) => error.data.error);
say({ event: "started", refused });

process.stdin.resume();
await once(process.stdin, "end");
await app.stop();
