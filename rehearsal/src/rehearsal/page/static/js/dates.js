// Moments in the reader's zone. Pure: the moment that is now can be handed in.

const DAY = 86_400_000;

/** Slack's date tokens; an unknown token stays as it stands. The zone is the reader's unless one is named. */
export function formatDate(seconds, format, { now = new Date(), timeZone, hour12 = false } = {}) {
  const date = new Date(seconds * 1000);
  const tokens = makeTokens(date, now, timeZone, hour12);
  return format.replace(/\{(\w+)\}/g, (token, name) => tokens[name] ?? token);
}

function makeTokens(date, now, timeZone, hour12) {
  const part = (options) => (type) => new Intl.DateTimeFormat('en-US', { timeZone, ...options })
    .formatToParts(date).find((one) => one.type === type)?.value ?? '';
  const long = part({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' });
  const short = part({ year: 'numeric', month: 'short', day: 'numeric' });
  const plain = `${long('month')} ${withSuffix(Number(long('day')))}, ${long('year')}`;
  const brief = `${short('month')} ${short('day')}, ${short('year')}`;
  const full = `${long('weekday')}, ${plain}`;
  const relative = sayDay(date, now, timeZone);
  return {
    date_num: dayOf(date, timeZone), date: plain, date_short: brief, date_long: full,
    date_pretty: relative ?? plain, date_short_pretty: relative ?? brief, date_long_pretty: relative ?? full,
    time: clock(date, timeZone, hour12, {}), time_secs: clock(date, timeZone, hour12, { second: '2-digit' }),
    ago: sayAgo((now - date) / 1000),
  };
}

/** Slack shows either clock, as each person likes it; the page shows 24 hours everywhere. */
function clock(date, timeZone, hour12, more) {
  const hours = hour12 ? { hour: 'numeric', hour12 } : { hour: '2-digit', hourCycle: 'h23' };
  const options = { timeZone, minute: '2-digit', ...hours, ...more };
  return new Intl.DateTimeFormat('en-US', options).format(date).replace(/[\u00a0\u202f]/g, ' ');
}

function dayOf(date, timeZone) {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(date);
}

function sayDay(date, now, timeZone) {
  const day = dayOf(date, timeZone);
  if (day === dayOf(now, timeZone)) return 'today';
  if (day === dayOf(new Date(now.getTime() - DAY), timeZone)) return 'yesterday';
  if (day === dayOf(new Date(now.getTime() + DAY), timeZone)) return 'tomorrow';
  return undefined;
}

function withSuffix(day) {
  if (day % 100 >= 11 && day % 100 <= 13) return `${day}th`;
  return day + ({ 1: 'st', 2: 'nd', 3: 'rd' }[day % 10] ?? 'th');
}

/** `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function sayDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [d, h, m] = [Math.floor(whole / 86400), Math.floor((whole % 86400) / 3600), Math.floor((whole % 3600) / 60)];
  if (d) return h ? `${d} d ${h} h` : `${d} d`;
  if (h) return m ? `${h} h ${m} min` : `${h} h`;
  return m ? `${m} min` : `${whole} s`;
}

function sayAgo(seconds) {
  return seconds >= 0 ? `${sayDuration(seconds)} ago` : `in ${sayDuration(-seconds)}`;
}

/** The wall clock's time of a moment, 24 hours, with seconds when asked for. */
export function sayTime(date, { withSeconds = false } = {}) {
  const second = withSeconds ? { second: '2-digit' } : {};
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', ...second }).format(date);
}

export function sayMoment(date) {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' }).format(date);
}
