# 画面の枠と部品の言葉
service-name = 羅針
service-plan = 第3期医療機器基本計画の道すじ
skip-to-main = 本文へ移動
nav-label = 主なページ
nav-plan = 計画
nav-indicators = 指標
nav-findings = 指摘
nav-coverage = 対応表
nav-workbench = KPI検討
nav-data = データ・API
breadcrumb-label = 現在位置
breadcrumb-top = トップ
footer-as-of = 時点
footer-source = 出典
footer-published = 公表した情報
footer-licence = ライセンス
footer-licence-text = プログラムは Apache-2.0、書体は SIL Open Font License 1.1、デザイントークンは MIT（デジタル庁）
footer-accessibility = アクセシビリティ
footer-accessibility-text = JIS X 8341-3 と WCAG 2.2 の適合レベル AA を目標とし、すべてのページを自動検査とキーボード操作で確かめています。
tone-info = お知らせ
tone-success = 完了
tone-warning = 注意
tone-error = 誤り
tone-finding = 指摘
tone-neutral = 参考
card-findings = { $n ->
    [0] 指摘なし
   *[other] 指摘 { $n } 件
  }
copy-link = この表示へのリンクをコピー
copied = コピーしました
required = 必須
error-summary = 入力内容を確かめてください
step-done = 済み
step-current = 現在
step-ahead = これから
