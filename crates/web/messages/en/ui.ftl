# Words of the frame and the components
service-name = Rashin
service-plan = Third Basic Plan for Medical Devices
skip-to-main = Skip to main content
nav-label = Main pages
nav-plan = Plan
nav-indicators = Indicators
nav-findings = Findings
nav-coverage = Coverage
nav-workbench = KPI workbench
nav-data = Data and API
breadcrumb-label = You are here
breadcrumb-top = Home
footer-as-of = As of
footer-source = Source
footer-published = Published
footer-licence = Licence
footer-licence-text = Program: Apache-2.0. Typeface: SIL Open Font License 1.1. Design tokens: MIT (Digital Agency of Japan).
footer-accessibility = Accessibility
footer-accessibility-text = We aim at JIS X 8341-3 and WCAG 2.2 level AA, and check every page by machine and by keyboard.
tone-info = Information
tone-success = Done
tone-warning = Note
tone-error = Error
tone-finding = Finding
tone-neutral = For reference
card-findings = { $n ->
    [0] No findings
    [one] { $n } finding
   *[other] { $n } findings
  }
copy-link = Copy link to this view
copied = Copied
required = required
error-summary = Check what you entered
step-done = done
step-current = current
step-ahead = to come
