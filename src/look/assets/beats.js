/* Which parts of a film really played, and the beats that report them. No page, no network: both are handed in.
   ES2015 as Chrome 53 knows it. */
(function (root) {
  'use strict';

  /* A clock that jumps further than this between two looks was a seek or a stall, not play. */
  var JUMP = 2.0;

  /* Collects media intervals in milliseconds while the film plays. `look` is called with the film's position in seconds
     whenever the browser says that time went on; `lift` whenever play stops being continuous. A page in the background
     is seldom told: then `ranges`, the browser's own account of what it played, says whether a jump was play. */
  function Played() {
    this.from = null;
    this.last = null;
    this.done = [];
  }
  Played.prototype.look = function (at, rate, ranges) {
    var jumped = this.last !== null && (at < this.last || at - this.last > JUMP * Math.max(1, rate));
    if (jumped && !covers(ranges, this.last, at)) { this.lift(); }
    if (this.from === null) { this.from = at; }
    this.last = at;
  };
  function covers(ranges, from, to) {
    for (var i = 0; ranges && from < to && i < ranges.length; i += 1) {
      if (ranges.start(i) <= from && to <= ranges.end(i) + 0.5) { return true; }
    }
    return false;
  }
  Played.prototype.lift = function () {
    if (this.from !== null && this.last > this.from) {
      this.done.push([Math.round(this.from * 1000), Math.round(this.last * 1000)]);
    }
    this.from = null;
    this.last = null;
  };
  /* Takes what was played so far; play goes on from here. */
  Played.prototype.take = function () {
    var at = this.last;
    this.lift();
    var taken = this.done;
    this.done = [];
    if (at !== null) { this.from = at; this.last = at; }
    return taken.slice(-200);
  };

  /* Beats wait in order: one is under way, the same number and the very same body until it is answered. */
  function Queue(first) {
    this.n = first;
    this.waiting = [];
  }
  Queue.prototype.add = function (segments, state) {
    this.n += 1;
    this.waiting.push(JSON.stringify({ n: this.n, segments: segments, state: state }));
  };
  Queue.prototype.head = function () { return this.waiting.length ? this.waiting[0] : null; };
  Queue.prototype.answered = function () { this.waiting.shift(); };
  Queue.prototype.all = function () { return this.waiting.slice(); };
  Queue.prototype.drain = function () { var all = this.waiting; this.waiting = []; return all; };

  /* What waits outlives the page: a phone that lost the Wi-Fi, or closed the page meanwhile, delivers it later. The box
     is the browser's own store; where it is forbidden or full, beats wait in the page alone. */
  var NAME = 'yuanjiao.beats.';
  function Shelf(box) { this.box = box; }
  Shelf.prototype.keep = function (session, bodies) {
    try {
      if (bodies.length) { this.box.setItem(NAME + session, JSON.stringify(bodies)); } else { this.box.removeItem(NAME + session); }
    } catch (e) { /* no store: the page's own queue has it */ }
  };
  /* Sessions that left something behind: [[session, bodies], …]. */
  Shelf.prototype.left = function () {
    var found = [];
    try {
      for (var i = 0; i < this.box.length; i += 1) {
        var key = this.box.key(i);
        if (key && key.indexOf(NAME) === 0) { found.push([key.slice(NAME.length), JSON.parse(this.box.getItem(key))]); }
      }
    } catch (e) { return []; }
    return found;
  };
  function shelf() {
    try { return new Shelf(window.localStorage); } catch (e) { return new Shelf(null); }
  }

  /* Union of intervals, for the bar. */
  function union(list) {
    var sorted = list.slice().sort(function (a, b) { return a[0] - b[0]; });
    var out = [];
    sorted.forEach(function (piece) {
      var last = out[out.length - 1];
      if (last && piece[0] <= last[1]) { last[1] = Math.max(last[1], piece[1]); } else { out.push([piece[0], piece[1]]); }
    });
    return out;
  }

  root.Beats = { Played: Played, Queue: Queue, shelf: shelf, union: union };
}(window));
