/* The player page: big keys, the viewing session, the presence question. The film itself plays without any of this.
   ES2015 as Chrome 53 knows it; every sentence comes from the page. */
(function () {
  'use strict';

  var facts = JSON.parse(document.getElementById('facts').textContent);
  var t = facts.texts;
  var film = document.getElementById('film');
  var $ = function (id) { return document.getElementById(id); };

  function fill(sentence, values) {
    return sentence.replace(/\{(\d)\}/g, function (all, n) { return values[n]; });
  }
  function spoken(ms) {
    var s = Math.floor(ms / 1000);
    return s < 60 ? fill(t.seconds, [s]) : fill(t.minutes_seconds, [Math.floor(s / 60), s % 60]);
  }
  function clock(ms) {
    var s = Math.max(0, Math.floor(ms / 1000));
    return Math.floor(s / 60) + ':' + ('0' + (s % 60)).slice(-2);
  }
  function show(element, shown) { if (element) { element.classList.toggle('hidden', !shown); } }
  function say(text) { if ($('status')) { $('status').textContent = text; } }
  function banner(text) { $('banner').textContent = text; show($('banner'), text !== ''); }

  /* 1. Keys ------------------------------------------------------------------------------------------------------- */

  function move(by) { film.currentTime = Math.max(0, Math.min((film.duration || 0) - 0.1, film.currentTime + by)); }
  $('back15').addEventListener('click', function () { move(-15); });
  $('on15').addEventListener('click', function () { move(15); });
  $('toggle').addEventListener('click', function () { if (film.paused) { start(); } else { film.pause(); } });
  $('speed').addEventListener('click', function () {
    var rates = [1, 1.25, 1.5, 0.75];
    film.playbackRate = rates[(rates.indexOf(film.playbackRate) + 1) % rates.length];
    $('rate').textContent = film.playbackRate;
  });
  $('full').addEventListener('click', function () {
    var open = film.requestFullscreen || film.webkitRequestFullscreen || film.webkitEnterFullscreen;
    if (open) { open.call(film); }
  });
  if ($('subs')) {
    $('subs').addEventListener('click', function () {
      var track = film.textTracks[0];
      if (track) { track.mode = track.mode === 'showing' ? 'hidden' : 'showing'; }
    });
  }
  function start() { var p = film.play(); if (p && p.catch) { p.catch(function () {}); } }
  function label() { $('toggle-t').textContent = film.paused ? t.play : t.pause; }
  film.addEventListener('play', label);
  film.addEventListener('pause', label);
  film.addEventListener('error', function () { if (film.error && film.error.code >= 3) { banner(t.cannot_play); } });

  if (!facts.member) { return; }

  /* 2. The session: opened at the first play, answered by numbers ---------------------------------------------------- */

  var session = null;        /* what the station answered when it was opened */
  var opening = false;
  var blocked = false;       /* superseded: nothing is reported until the member asks for it */
  var played = new Beats.Played();
  var queue = new Beats.Queue(0);
  var sending = false;
  var retry = 0;
  var mine = [];             /* media played here, for the bar */
  var credited = [];
  var numbers = { credited: facts.credited_ms, pending: facts.pending_ms };

  function post(path, body, done) {
    var request = new XMLHttpRequest();
    request.open('POST', path);
    request.timeout = 20000;
    request.setRequestHeader('Content-Type', 'application/json');
    var ended = false;
    function end(status, answer) { if (!ended) { ended = true; done(status, answer); } }
    request.onload = function () {
      var answer = null;
      try { answer = JSON.parse(request.responseText); } catch (e) { answer = null; }
      end(request.status, answer, request);
    };
    request.onerror = request.ontimeout = request.onabort = function () { end(0, null); };
    request.send(body);
  }

  function openSession(then) {
    if (opening || blocked) { return; }
    opening = true;
    post('/api/sessions', JSON.stringify({ item: facts.item }), function (status, answer) {
      opening = false;
      if (status === 201) {
        session = answer;
        queue = new Beats.Queue(0);
        credited = answer.credited || [];
        mine = [];
        numbers = { credited: answer.credited_ms, pending: answer.pending_ms };
        retry = 0;
        banner('');
        draw();
        if (then) { then(answer); }
      } else if (status === 401) {
        say(t.guest_no_credit);
      } else {
        banner(status === 503 ? t.disk_full : t.offline);
        later(function () { openSession(then); });
      }
    });
  }

  /* Waits 1, 2, 4 … at most 15 s between attempts. */
  function later(act) {
    retry = Math.min(retry ? retry * 2 : 1, 15);
    setTimeout(act, retry * 1000);
  }

  var resumed = false;
  film.addEventListener('play', function () {
    if (session || blocked) { return; }
    openSession(function (answer) {
      if (!resumed && answer.resume_ms > 0 && film.currentTime < 3) { film.currentTime = answer.resume_ms / 1000; }
      resumed = true;
    });
  });

  /* 3. What really played ---------------------------------------------------------------------------------------------- */

  film.addEventListener('timeupdate', function () {
    if (!film.paused && !film.seeking) { played.look(film.currentTime, film.playbackRate); }
  });
  film.addEventListener('seeking', function () { played.lift(); });
  film.addEventListener('waiting', function () { played.lift(); });
  film.addEventListener('emptied', function () { played.lift(); });
  film.addEventListener('seeked', function () { beat('seeking'); });
  film.addEventListener('pause', function () { if (!film.seeking) { played.look(film.currentTime, film.playbackRate); } played.lift(); beat('paused'); });
  film.addEventListener('ended', function () { played.lift(); beat('ended'); });

  function beat(state) {
    var segments = played.take();
    if (!session || blocked) { return; }
    if (!segments.length && state === 'playing') { return; }
    mine = Beats.union(mine.concat(segments));
    queue.add(segments, state);
    flush();
    draw();
  }
  setInterval(function () { if (!film.paused) { beat('playing'); } }, facts.beat_every_ms);

  /* 4. Sending, one at a time, the same body until it is answered ------------------------------------------------------- */

  function flush() {
    var body = queue.head();
    if (sending || body === null || !session || blocked) { return; }
    sending = true;
    var to = session.session;
    post('/api/sessions/' + to + '/beats', body, function (status, answer) {
      sending = false;
      if (!session || to !== session.session) { flush(); return; }
      if (status === 200) { queue.answered(); retry = 0; banner(''); take(answer); flush(); return; }
      if (status === 409 || status === 404) { refused(status, answer); return; }
      if (status === 422 || status === 400) { queue.answered(); flush(); return; }
      banner(status === 503 ? t.disk_full : t.offline);
      later(flush);
    });
  }

  function refused(status, answer) {
    var reason = answer && answer.reason;
    if (reason === 'superseded') {
      blocked = true;
      session = null;
      film.pause();
      banner(t.superseded);
      var again = document.createElement('button');
      again.className = 'btn';
      again.type = 'button';
      again.textContent = t.go_on_here;
      again.addEventListener('click', function () { blocked = false; openSession(start); });
      $('banner').appendChild(again);
    } else if (reason === 'wrong_n' || reason === 'changed_body') {
      queue.drain();
      reopen('');
    } else {
      reopen(t.restarted);
    }
  }

  /* The station restarted: a new session, the bytes anew, on from the same place. */
  function reopen(text) {
    session = null;
    var at = film.currentTime;
    var going = !film.paused;
    openSession(function (answer) {
      banner(text);
      film.src = answer.media;
      film.addEventListener('loadedmetadata', function once() {
        film.removeEventListener('loadedmetadata', once);
        film.currentTime = at;
        if (going) { start(); }
        setTimeout(function () { banner(''); }, 8000);
      });
    });
  }

  /* 5. What the station says ---------------------------------------------------------------------------------------------- */

  var notes = { unattended: t.note_unattended, not_new: t.note_not_new, not_sent: t.note_not_sent, too_fast: t.note_too_fast };

  function take(answer) {
    numbers = { credited: answer.credited_ms, pending: answer.pending_ms };
    say(answer.note ? notes[answer.note] || '' : '');
    if (answer.proof_due) { ask(answer.proof_ms_left); } else { hideAsk(); }
    draw();
  }

  function draw() {
    $('credited').textContent = clock(numbers.credited);
    $('pending').textContent = clock(numbers.pending);
    $('unseen').textContent = clock(facts.length_ms - numbers.credited - numbers.pending);
    show($('confirm'), numbers.pending > 0);
    var bar = $('bar');
    while (bar.childNodes.length > 1) { bar.removeChild(bar.lastChild); }
    pieces(bar, mine, 'fill', 'url(#hatch)', numbers.pending > 0);
    pieces(bar, credited, 'class', 'k-1', true);
  }
  function pieces(bar, list, name, value, shown) {
    if (!shown) { return; }
    list.forEach(function (piece) {
      var rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
      rect.setAttribute('x', (piece[0] / facts.length_ms * 100) + '%');
      rect.setAttribute('width', ((piece[1] - piece[0]) / facts.length_ms * 100) + '%');
      rect.setAttribute('height', '100%');
      rect.setAttribute(name, value);
      bar.appendChild(rect);
    });
  }

  /* 6. The presence question -------------------------------------------------------------------------------------------------- */

  var until = 0;
  var ticking = null;

  function ask(left) {
    if (!$('veil').classList.contains('hidden')) { return; }
    if (document.exitFullscreen && document.fullscreenElement) { document.exitFullscreen(); }
    until = Date.now() + left;
    $('ask-p').textContent = fill(t.ask_text, [spoken(numbers.pending)]);
    show($('veil'), true);
    $('ask-y').focus();
    var whole = Math.max(left, 1);
    var spokenAt = 0;
    ticking = setInterval(tick, 500);
    function tick() {
      var rest = until - Date.now();
      if (rest <= 0) { hideAsk(); return; }
      $('ask-bar').setAttribute('width', (rest / whole * 100) + '%');
      if (Date.now() - spokenAt > 1000) {
        spokenAt = Date.now();
        $('ask-n').textContent = fill(t.ask_left, [Math.ceil(rest / 1000)]);
      }
    }
    tick();
  }
  function hideAsk() {
    if (ticking) { clearInterval(ticking); ticking = null; }
    show($('veil'), false);
  }

  function prove() {
    hideAsk();
    played.lift();
    var segments = played.take();
    if (session && segments.length) { mine = Beats.union(mine.concat(segments)); queue.add(segments, film.paused ? 'paused' : 'playing'); flush(); }
    sendProof(0);
  }
  /* The proof goes after the beats that wait, so that what was just watched is in it. */
  function sendProof(tries) {
    if (!session) { return; }
    if (queue.head() !== null && tries < 40) { setTimeout(function () { sendProof(tries + 1); }, 250); return; }
    post('/api/sessions/' + session.session + '/proof', '{}', function (status, answer) {
      if (status === 200) {
        credited = Beats.union(credited.concat(answer.credited || []));
        mine = [];
        take(answer);
      } else if (status === 409 || status === 404) {
        refused(status, answer);
      } else if (tries < 60) {
        setTimeout(function () { sendProof(tries + 1); }, 2000);
      }
    });
  }
  $('ask-y').addEventListener('click', prove);
  $('confirm').addEventListener('click', prove);

  /* 7. Leaving: what was played until now goes out with the page -------------------------------------------------------------- */

  function leave() {
    if (!session || blocked) { return; }
    played.look(film.currentTime, film.playbackRate);
    played.lift();
    var segments = played.take();
    if (segments.length) { queue.add(segments, 'hidden'); }
    if (navigator.sendBeacon) {
      queue.drain().forEach(function (body) { navigator.sendBeacon('/api/sessions/' + session.session + '/beats', body); });
    }
  }
  window.addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', function () { if (document.hidden) { beat('hidden'); } });

  draw();
}());
