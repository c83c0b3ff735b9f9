// What the page knows: the workspace as one person sees it, the farm, the log. Others ask and listen; it draws nothing.

import { getState } from './api.js';


export class Model extends EventTarget {
  constructor(person, channel) {
    super();
    this.person = person;
    this.channel = channel;
    this.thread = null;
    this.isConnected = false;
    this.isLoaded = false;
    this.commands = [];
    this.shortcuts = [];
    this.behaviours = {};
    this.hosts = new Map();
    this.entries = [];
    this.scene = null;
    this.unread = new Set();
    this.forget();
  }

  forget() {
    this.change = 0;
    this.me = null;
    this.people = new Map();
    this.groups = new Map();
    this.channels = new Map();
    this.messages = new Map();
    this.views = [];
    this.home = null;
  }

  start() {
    const stream = new EventSource('page/events');
    stream.onopen = () => { this.#connected(true); this.change = 0; this.refresh(); };
    stream.onerror = () => this.#connected(false);
    stream.onmessage = (event) => this.#take(JSON.parse(event.data));
  }

  /** Somebody else sits before the screen: everything is read anew. */
  async actAs(person) {
    this.person = person;
    this.thread = null;
    this.unread.clear();
    this.forget();
    this.isLoaded = false;
    this.tell('person');
    await this.refresh();
  }

  goTo(channel) {
    this.channel = channel;
    this.thread = null;
    this.unread.delete(channel);
    this.tell('place');
  }

  /** A place that this person does not see becomes one that they see. */
  async lookAt(person, channel) {
    this.goTo(channel);
    if (person === this.person) await this.refresh(); else await this.actAs(person);
  }

  openThread(ts) {
    this.thread = ts;
    this.tell('thread');
  }

  /** One reading at a time; what is announced meanwhile is read by one more. */
  async refresh() {
    if (this.reading) { this.readAgain = true; return; }
    this.reading = true;
    try {
      do { this.readAgain = false; await this.#read(); } while (this.readAgain);
    } catch (error) {
      this.tell('trouble', { error });
    } finally {
      this.reading = false;
    }
  }

  async #read() {
    const [person, after] = [this.person, this.change];
    const state = await getState(person, after);
    if (person !== this.person) { this.readAgain = true; return; }
    const known = new Set(this.messages.keys());
    if (after === 0) this.messages.clear();
    this.me = state.me;
    this.people = new Map(state.people.map((one) => [one.id, one]));
    this.groups = new Map(state.user_groups.map((one) => [one.id, one]));
    this.channels = new Map(state.channels.map((one) => [one.id, one]));
    this.views = state.views;
    this.shortcuts = state.shortcuts ?? [];
    this.home = state.home;
    for (const [channel, ts] of state.deleted) this.messages.delete(`${channel}:${ts}`);
    for (const message of state.messages) {
      const key = `${message.channel}:${message.ts}`;
      if (this.isLoaded && !known.has(key) && message.channel !== this.channel) this.unread.add(message.channel);
      this.messages.set(key, message);
    }
    this.change = state.change;
    const isFirst = !this.isLoaded;
    this.isLoaded = true;
    if (!this.channels.has(this.channel) && this.channel !== 'home') {
      this.channel = state.channels.find((one) => one.kind !== 'direct')?.id ?? state.channels[0]?.id ?? 'home';
    }
    this.tell('workspace', { changed: state.messages.map((one) => `${one.channel}:${one.ts}`), isFirst: isFirst || after === 0 });
  }

  #take(news) {
    if (news.type === 'workspace') this.refresh();
    if (news.type === 'hello') {
      this.commands = news.commands;
      this.behaviours = news.behaviours;
      this.hosts = new Map(Object.entries(news.hosts));
      this.entries = news.entries;
      this.tell('farm', { changed: [], isFirst: true });
      this.tell('audit', { added: [], isFirst: true });
    }
    if (news.type === 'farm') {
      const before = new Map(this.hosts);
      for (const [name, host] of Object.entries(news.hosts)) this.hosts.set(name, host);
      this.tell('farm', { changed: Object.keys(news.hosts), before, isFirst: before.size === 0, isReset: news.is_reset });
    }
    if (news.type === 'audit') {
      const last = this.entries.at(-1)?.seq ?? 0;
      const added = news.entries.filter((one) => one.seq > last);
      this.entries = [...this.entries, ...added].slice(-500);
      this.tell('audit', { added });
    }
    if (news.type === 'scene') { this.scene = news.scene; this.tell('scene'); }
  }

  #connected(is) {
    if (this.isConnected === is) return;
    this.isConnected = is;
    this.tell('connection');
  }

  tell(topic, detail = {}) {
    this.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  on(topics, act) {
    for (const topic of topics.split(' ')) this.addEventListener(topic, (event) => act(event.detail, topic));
  }

  nameOf(id) {
    return this.people.get(id)?.profile.real_name ?? id;
  }

  place() {
    return this.channels.get(this.channel);
  }

  messagesIn(channel) {
    return [...this.messages.values()].filter((one) => one.channel === channel);
  }
}

