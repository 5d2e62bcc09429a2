/* How the page's script speaks to the station: one request at a time, numbers as answers. And what an earlier page left
   undelivered. ES2015 as Chrome 53 knows it. */
(function (root) {
  'use strict';

  /* `done(status, answer, wait)`: status 0 if nobody answered; `wait` in seconds if the station asked for it. */
  function post(path, body, done) {
    var request = new XMLHttpRequest();
    request.open('POST', path);
    request.timeout = 20000;
    request.setRequestHeader('Content-Type', 'application/json');
    var ended = false;
    function end(status, answer, wait) { if (!ended) { ended = true; done(status, answer, wait || 0); } }
    request.onload = function () {
      var answer = null;
      try { answer = JSON.parse(request.responseText); } catch (e) { answer = null; }
      end(request.status, answer, Number(request.getResponseHeader('Retry-After')) || 0);
    };
    request.onerror = request.ontimeout = request.onabort = function () { end(0, null); };
    request.send(body);
  }

  /* Delivers what earlier pages left on the shelf, in order, each session on its own: `done(how many beats were taken)`.
     A beat that the station has already is answered as before or refused by its number; both mean that it is there. A
     session that has ended takes nothing more. While nobody answers everything stays on the shelf. */
  function deliver(shelf, done) {
    var sessions = shelf.left();
    var taken = 0;
    function next() {
      if (!sessions.length) { done(taken); return; }
      var session = sessions[0][0];
      var bodies = sessions[0][1];
      shelf.keep(session, bodies);
      if (!bodies.length) { sessions.shift(); next(); return; }
      post('/api/sessions/' + encodeURIComponent(session) + '/beats', bodies[0], function (status, answer) {
        var known = status === 409 && answer && answer.reason === 'wrong_n';
        if (status === 200) { taken += 1; }
        if (status === 200 || known) {
          bodies.shift();
        } else if (status >= 400 && status < 500) {
          bodies.length = 0;
        } else {
          done(taken);
          return;
        }
        next();
      });
    }
    next();
  }

  root.Sending = { post: post, deliver: deliver };
}(window));
