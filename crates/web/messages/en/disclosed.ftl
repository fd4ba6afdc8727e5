# Vulnerabilities that were published: the list, and the CSAF tree.
disclosed-changed = Changed
disclosed-csaf = Machine-readable
disclosed-file = File
disclosed-files = Files
disclosed-folder-lead = Machine-readable files (CSAF 2.0) of vulnerabilities that were published.
disclosed-lead = Vulnerabilities in medical devices that the ministry coordinated with their makers and published. What to do is on the page of each.
disclosed-name = Title
disclosed-none = No vulnerability has been published yet.
disclosed-number = Number
disclosed-products = Products
disclosed-published = Published
disclosed-publisher = Ministry of Health, Labour and Welfare
disclosed-severity = Severity
disclosed-title = Published vulnerabilities
disclosed-tree = For programs: metadata of the CSAF 2.0 provider
