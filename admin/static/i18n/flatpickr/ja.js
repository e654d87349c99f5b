// Japanese names for flatpickr, the date picker of starlette-admin's own forms (it ships none).
"use strict";
(function () {
  const months = Array.from({ length: 12 }, (_, index) => `${index + 1}月`);
  window.flatpickr.l10ns.ja = {
    weekdays: {
      shorthand: ["日", "月", "火", "水", "木", "金", "土"],
      longhand: ["日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"],
    },
    months: { shorthand: months, longhand: months },
    time_24hr: true,
    rangeSeparator: " から ",
    monthAriaLabel: "月",
    yearAriaLabel: "年",
    hourAriaLabel: "時",
    minuteAriaLabel: "分",
    amPM: ["午前", "午後"],
    firstDayOfWeek: 0,
    ordinal: () => "",
  };
})();
