# 公表した脆弱性: 一覧と、CSAFの配布。
disclosed-changed = 更新日時
disclosed-csaf = 機械で読める形式
disclosed-file = ファイル
disclosed-files = ファイルの一覧
disclosed-folder-lead = 公表した脆弱性の、機械で読める形式（CSAF 2.0）のファイルです。
disclosed-lead = 厚生労働省が製造販売業者と調整し、公表した医療機器の脆弱性です。対策は、それぞれのページで確かめてください。
disclosed-name = 件名
disclosed-none = 公表した脆弱性は、まだありません。
disclosed-number = 番号
disclosed-products = 対象の製品
disclosed-published = 公表日時
disclosed-publisher = 厚生労働省
disclosed-severity = 深刻度
disclosed-title = 公表した脆弱性
disclosed-tree = 機械で受け取る（CSAF 2.0の配布元の情報）
