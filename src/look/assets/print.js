/* The button that prints: the browser's own dialogue does the rest. */
(function () {
  'use strict';
  var button = document.getElementById('print');
  if (button) { button.addEventListener('click', function () { window.print(); }); }
}());
