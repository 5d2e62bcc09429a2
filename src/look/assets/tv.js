/* The 10-foot page: arrow keys, OK and Back, and nothing else. It asks every two seconds how the evening stands, and goes
   where the station says it is; a screen that was switched off comes back to the same second. ES2015 as Chrome 53 knows
   it; every sentence comes from the page. */
(function () {
  'use strict';

  var facts = JSON.parse(document.getElementById('facts').textContent);
  var t = facts.texts;
  var stage = document.body.getAttribute('data-stage');
  var $ = function (id) { return document.getElementById(id); };
  function show(element, shown) { if (element) { element.classList.toggle('hidden', !shown); } }
  function text(id, value) { if ($(id) && $(id).textContent !== String(value)) { $(id).textContent = value; } }
  function fill(sentence, values) {
    return sentence.replace(/\{(\d)\}/g, function (all, n) { return values[n]; });
  }
  function seconds(ms) { return Math.max(0, Math.ceil(ms / 1000)); }

  function ask(method, path, body, done) {
    var request = new XMLHttpRequest();
    var ended = false;
    function end(status, answer) { if (!ended) { ended = true; done(status, answer); } }
    request.open(method, path);
    request.timeout = 15000;
    if (body !== null) { request.setRequestHeader('Content-Type', 'application/json'); }
    request.onload = function () {
      var answer = null;
      try { answer = JSON.parse(request.responseText); } catch (e) { answer = null; }
      end(request.status, answer);
    };
    request.onerror = request.ontimeout = request.onabort = function () { end(0, null); };
    request.send(body);
  }

  /* 1. Focus: the nearest control in the direction of the arrow --------------------------------------------------- */

  function controls() {
    var all = document.querySelectorAll('a[href], button');
    return Array.prototype.filter.call(all, function (e) { return e.offsetParent !== null || e.getClientRects().length > 0; })
      .filter(function (e) { var r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0; });
  }
  function middle(e) {
    var r = e.getBoundingClientRect();
    return { x: r.left + r.width / 2, y: r.top + r.height / 2 };
  }
  function go(dx, dy) {
    var all = controls();
    var here = document.activeElement;
    if (all.indexOf(here) < 0) { if (all.length) { all[0].focus(); } return; }
    var from = middle(here), best = null, least = Infinity;
    all.forEach(function (e) {
      var to = middle(e);
      var along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      var beside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      var cost = along + beside * 2.5;
      if (e !== here && along > 4 && cost < least) { least = cost; best = e; }
    });
    if (best) { best.focus(); }
  }
  function focusFirst() {
    var first = $('go') || controls()[0];
    if (first) { first.focus(); }
  }

  /* 2. How the evening stands -------------------------------------------------------------------------------------- */

  var shownCode = '', codeUntil = 0, codeStep = 30000, checkUntil = 0, checkSpan = 0, misses = 0;

  function learn(answer) {
    misses = 0;
    show($('offline'), false);
    if (answer.stage === 'unknown' || answer.stage === 'idle') {
      if (stage !== answer.stage && stage !== 'done') { leave(); }
      return;
    }
    if (answer.stage !== stage || (stage === 'showing' && answer.turn !== facts.turn)) { leave(); return; }
    if ($('qr') && shownCode !== answer.code) { $('qr').src = '/tv/qr?' + encodeURIComponent(answer.code); }
    shownCode = answer.code;
    text('code', answer.code);
    text('code-l', answer.code);
    codeUntil = Date.now() + answer.code_ms;
    codeStep = answer.code_step_ms;
    text('present', answer.present);
    text('of', answer.present);
    if ($('time')) { text('time', $('time').textContent.replace(/\d\d:\d\d$/, answer.time)); }
    names(answer.names, answer.more);
    if (answer.check) {
      checkUntil = Date.now() + answer.check.left_ms;
      checkSpan = Math.max(checkSpan, answer.check.left_ms);
      text('passed', answer.check.passed);
    }
    if (stage === 'showing') { showing(answer); }
  }
  /* Bars and seconds run by themselves between two answers. */
  function tick() {
    var left = codeUntil - Date.now();
    if ($('left')) { $('left').setAttribute('width', Math.max(0, Math.min(100, 100 * left / codeStep)) + '%'); }
    if ($('left-t')) { text('left-t', fill(t.code_left, [seconds(left)])); }
    if (checkUntil && $('check-left')) {
      var rest = checkUntil - Date.now();
      $('check-left').setAttribute('width', Math.max(0, Math.min(100, 100 * rest / Math.max(1, checkSpan))) + '%');
      text('check-t', stage === 'ending' ? fill(t.end_sub, [Math.ceil(Math.max(0, rest) / 60000)]) : fill(t.check_left, [seconds(rest)]));
    }
  }
  function names(list, more) {
    var box = $('names');
    if (!box) { return; }
    while (box.firstChild) { box.removeChild(box.firstChild); }
    var all = list.slice();
    if (more > 0) { all.push(fill(t.more_names, [more])); }
    all.forEach(function (name) {
      var li = document.createElement('li');
      li.textContent = name;
      box.appendChild(li);
    });
  }
  function poll() {
    ask('GET', '/api/tv', null, function (status, answer) {
      if (status === 200 && answer) { learn(answer); }
      else { misses += 1; show($('offline'), misses > 2); }
      setTimeout(poll, 2000);
    });
  }
  var leaving = false;
  function leave() {
    if (leaving) { return; }
    leaving = true;
    location.replace(facts.next);
  }

  /* 3. The film ----------------------------------------------------------------------------------------------------- */

  var film = $('film');

  /* Sets cut off the edge of the picture: subtitles that have no place of their own stand one line higher. */
  function lift(event) {
    var cues = event.target.track ? event.target.track.cues : null;
    Array.prototype.forEach.call(cues || [], function (cue) { if (cue.line === 'auto') { cue.line = -2; } });
  }
  Array.prototype.forEach.call(document.querySelectorAll('track'), function (track) { track.addEventListener('load', lift); });
  var played = null, queue = null, sending = false, held = false, cornerUntil = 0;

  function start() {
    held = false;
    show($('check'), false);
    show($('menu'), false);
    var p = film.play();
    if (p && p.catch) { p.catch(function () { menu(t.press_ok); }); }
    if (document.activeElement && document.activeElement.blur) { document.activeElement.blur(); }
  }
  function menu(title) {
    text('menu-t', title);
    show($('menu'), true);
    $('play').focus();
  }
  function beat(state) {
    queue.add(played.take(), state);
    send();
  }
  function send() {
    var body = queue.head();
    if (sending || body === null) { return; }
    sending = true;
    ask('POST', '/api/tv/beats', body, function (status, answer) {
      sending = false;
      if (status === 200 && answer) { queue.answered(); learn(answer); send(); }
      else if (status === 409 || status === 403 || status === 422) { leave(); }
      else { misses += 1; show($('offline'), misses > 2); setTimeout(send, 3000); }
    });
  }
  /* A check holds the film: nobody misses a word while he looks for his phone. */
  var lastCheck = 0;
  function showing(answer) {
    var check = answer.check;
    show($('corner'), cornerUntil > Date.now() && !check);
    /* A picture that never moves burns into plasma and OLED. */
    if ($('corner')) { $('corner').classList.toggle('moved', Math.floor(Date.now() / 60000) % 2 === 1); }
    if (broken && misses === 0) { mend(); }
    if (check && lastCheck !== check.number && !held) {
      lastCheck = check.number;
      held = true;
      checkSpan = check.left_ms;
      film.pause();
      show($('menu'), false);
      show($('check'), true);
      $('check-go').focus();
    }
    if (held && (!check || (answer.present > 0 && check.passed >= answer.present))) { start(); }
  }
  /* The Wi-Fi was away for longer than the film lay in memory: once the station answers, it goes on where it stopped. A
     film that breaks off three times at one place cannot be played by this screen. */
  var broken = false, brokenAt = -1, tries = 0;
  function broke() {
    var at = Math.floor(film.currentTime);
    var inPlay = film.error && film.error.code === 2 || film.currentTime > 0;
    tries = at === brokenAt ? tries + 1 : 1;
    brokenAt = at;
    if (inPlay && tries <= 3) { broken = true; return; }
    show($('cannot'), true);
    menu(facts.title);
  }
  function mend() {
    broken = false;
    facts.position_ms = brokenAt * 1000;
    film.load();
  }
  function openFilm() {
    played = new Beats.Played();
    queue = new Beats.Queue(facts.n);
    cornerUntil = Date.now() + 10 * 60000;
    film.addEventListener('loadedmetadata', function () {
      if (facts.position_ms > 0 && facts.position_ms < film.duration * 1000 - 2000) { film.currentTime = facts.position_ms / 1000; }
      start();
    });
    film.addEventListener('timeupdate', function () {
      if (!film.paused && !film.seeking) { played.look(film.currentTime, film.playbackRate); }
      var s = Math.floor(film.currentTime);
      text('at', Math.floor(s / 60) + ':' + ('0' + (s % 60)).slice(-2));
    });
    film.addEventListener('seeking', function () { played.lift(); });
    film.addEventListener('waiting', function () { played.lift(); });
    film.addEventListener('playing', function () {
      show($('menu'), false);
      setTimeout(function () { show($('strip'), film.paused); }, 5000);
    });
    film.addEventListener('pause', function () {
      if (film.currentTime) { played.look(film.currentTime, 1); }
      played.lift();
      show($('strip'), true);
      if (!film.ended) { beat('paused'); }
    });
    film.addEventListener('ended', function () { played.look(film.duration, 1); played.lift(); beat('ended'); });
    film.addEventListener('error', broke);
    setInterval(function () { if (!film.paused) { beat('playing'); } else { send(); } }, facts.beat_every_ms);
    $('play').addEventListener('click', start);
    $('check-go').addEventListener('click', start);
    $('back15').addEventListener('click', function () { film.currentTime = Math.max(0, film.currentTime - 15); start(); });
    $('show-code').addEventListener('click', function () {
      cornerUntil = Date.now() + 60000;
      show($('corner'), true);
      start();
    });
    if (film.readyState >= 1) { film.dispatchEvent(new Event('loadedmetadata')); }
  }
  /* While the film runs there is nothing to choose: OK pauses, left goes back, up shows the code. */
  function keyInFilm(key) {
    var busy = !$('menu').classList.contains('hidden') || !$('check').classList.contains('hidden');
    if (busy) { return false; }
    if (key === 'ok' || key === 'back' || key === 'down') { film.pause(); menu(facts.title); return true; }
    if (key === 'left') { film.currentTime = Math.max(0, film.currentTime - 15); return true; }
    if (key === 'right') { film.currentTime = Math.min(film.duration - 1, film.currentTime + 15); return true; }
    if (key === 'up') { cornerUntil = Date.now() + 60000; show($('corner'), true); return true; }
    return false;
  }

  /* 4. Keys: the names differ from set to set, the numbers do too ---------------------------------------------------- */

  var KEYS = { 37: 'left', 38: 'up', 39: 'right', 40: 'down', 13: 'ok', 415: 'ok', 19: 'ok', 10252: 'ok', 27: 'back', 8: 'back', 461: 'back', 10009: 'back' };
  document.addEventListener('keydown', function (event) {
    var key = KEYS[event.keyCode];
    if (!key) { return; }
    if (film && keyInFilm(key)) { event.preventDefault(); return; }
    if (key === 'ok') { if (controls().indexOf(document.activeElement) < 0) { event.preventDefault(); focusFirst(); } return; }
    event.preventDefault();
    if (key === 'back') {
      var back = document.body.getAttribute('data-back');
      if (film) { start(); } else if (back) { location.href = back; }
      return;
    }
    go(key === 'left' ? -1 : key === 'right' ? 1 : 0, key === 'up' ? -1 : key === 'down' ? 1 : 0);
  });

  if (film) { openFilm(); } else { focusFirst(); }
  setInterval(tick, 500);
  if (stage !== 'done') { poll(); }
}());
