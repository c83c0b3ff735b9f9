// The emoji that an operations bot is likely to name. One that does not stand here stays as it was written.

export const EMOJI = {
  white_check_mark: '✅', heavy_check_mark: '✔️', x: '❌', warning: '⚠️', hourglass: '⌛',
  hourglass_flowing_sand: '⏳', lock: '🔒', unlock: '🔓', bust_in_silhouette: '👤', busts_in_silhouette: '👥',
  computer: '💻', desktop_computer: '🖥️', bell: '🔔', no_bell: '🔕', eyes: '👀', wave: '👋', thumbsup: '👍',
  '+1': '👍', thumbsdown: '👎', '-1': '👎', tada: '🎉', rocket: '🚀', fire: '🔥', zap: '⚡', clock3: '🕒',
  rotating_light: '🚨', no_entry: '⛔', no_entry_sign: '🚫', octagonal_sign: '🛑', question: '❓',
  exclamation: '❗', information_source: 'ℹ️', speech_balloon: '💬', memo: '📝', mag: '🔍', gear: '⚙️',
  red_circle: '🔴', large_green_circle: '🟢', large_yellow_circle: '🟡', white_circle: '⚪', smile: '😄',
  thinking_face: '🤔', pray: '🙏', heart: '❤️', raised_hands: '🙌', sleeping: '😴', bulb: '💡', link: '🔗',
  chart_with_upwards_trend: '📈', page_facing_up: '📄', calendar: '📅', door: '🚪', key: '🔑', shield: '🛡️',
};
